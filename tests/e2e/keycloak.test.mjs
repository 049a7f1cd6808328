// Tessera beside a real Keycloak: the transcripts that were taken from one (docs/keycloak.md), played against the same realms, imported.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root, startTessera } from './harness.mjs';
import { playTranscript, readTranscript } from './transcript.mjs';

const realms = join(root, 'tests/e2e/realms/keycloak');

for (const name of ['keycloak-token', 'keycloak-documents', 'keycloak-browser'])
  test(`the golden transcript ${name}`, async (t) => {
    const server = await startTessera(t, { mounts: [{ dialect: 'keycloak' }] });
    for (const file of readdirSync(realms)) await server.cli('import', 'keycloak', join(realms, file));
    const { password } = readTranscript(name);
    await playTranscript(t, name, server, { url: server.url, password });
  });
