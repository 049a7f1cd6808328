// A sample API that knows nothing of tokens: nginx has asked Tessera before a request arrives here, and says in
// headers who is calling. Listens on a free port of 127.0.0.1 and prints "listening on PORT".
import { createServer } from 'node:http';

const tenders = [
  { id: 'T-1041', insured: 'Example GmbH', line: 'cyber', status: 'open' },
  { id: 'T-1042', insured: 'Sample AG', line: 'liability', status: 'quoted' },
];
const resources = {
  '/v1/api/tender': { tenders },
  '/v1/tender': { tenders },
  '/xs2a/accounts': { accounts: [{ iban: 'DE02100100109307118603', currency: 'EUR' }] },
  '/accounts': { accounts: [{ title: 'Everyday', currency: 'CAD' }] },
  '/recipients': { recipients: [{ name: 'Sample Budgeting App' }] },
};

const server = createServer((request, response) => {
  const found = request.method === 'GET' ? resources[request.url] : undefined;
  const body = found
    ? { caller: request.headers['x-tessera-client-id'], scope: request.headers['x-tessera-scope'], ...found }
    : { error: 'not_found' };
  response.writeHead(found ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(`${JSON.stringify(body)}\n`);
});

server.listen(0, '127.0.0.1', () => console.log(`listening on ${server.address().port}`));
process.on('SIGTERM', () => process.exit(0));
