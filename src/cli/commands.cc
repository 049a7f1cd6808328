#include "cli/commands.h"

namespace tessera::cli {
namespace {

const ArgumentSpec kRealm{"realm", "REALM", Input::text, true, "the realm's name"};
const ArgumentSpec kClient{"client", "CLIENT", Input::text, true, "the client's id"};
const ArgumentSpec kUser{"user", "USER", Input::text, true, "the user's name"};
const ArgumentSpec kAfter{"after", "--after", Input::text, false, "the last name of the page before"};
const ArgumentSpec kLimit{"limit", "--limit", Input::number, false, "how many at most (100; up to 1,000)"};
const ArgumentSpec kExpires{"expires_at_s", "--expires", Input::expiry, false, "when it ends: 2030-01-31T00:00:00Z, or 90d from now"};
const ArgumentSpec kSecretId{"id", "ID", Input::text, false, "the secret's id or its start; not needed while there is only one"};
const ArgumentSpec kSecretLeaked{"compromised", "--compromised", Input::flag, false, "it leaked: end what was refreshed with it, too"};

constexpr std::string_view kShownOnce = "Shown once: keep it where your secrets are kept.";

std::vector<CommandSpec> realm_commands() {
  return {
      {"realm", "list", "Lists the realms.", "tessera realm list", {}, {"name", "enabled", "signing_alg", "max_ttl", "not_before"}},
      {"realm", "show", "Shows a realm's policy.", "tessera realm show finlex", {kRealm}},
      {"realm", "enable", "Lets a realm answer again.", "tessera realm enable finlex", {kRealm}},
      {"realm", "disable", "Stops a realm; its access tokens die at once.", "tessera realm disable finlex", {kRealm}},
      {"realm",
       "not-before",
       "Ends every token that the realm issued until now, refresh tokens too.",
       "tessera realm not-before finlex",
       {kRealm}},
  };
}

std::vector<CommandSpec> client_commands() {
  return {
      {"client",
       "list",
       "Lists the clients of a realm.",
       "tessera client list finlex",
       {kRealm, kAfter, kLimit},
       {"id", "enabled", "public", "grants", "access_ttl"}},
      {"client", "show", "Shows a client's policy.", "tessera client show finlex tender-app", {kRealm, kClient}},
      {"client", "enable", "Lets a client ask for tokens again.", "tessera client enable finlex tender-app", {kRealm, kClient}},
      {"client",
       "disable",
       "Stops a client; its access tokens die at once.",
       "tessera client disable finlex tender-app",
       {kRealm, kClient}},
      {"client",
       "remove",
       "Removes a client for good, with its secrets and tokens.",
       "tessera client remove finlex tender-app",
       {kRealm, kClient}},
      {"secret",
       "list",
       "Lists a client's live secrets.",
       "tessera secret list finlex tender-app",
       {kRealm, kClient},
       {"id", "hint", "imported", "created_at", "expires_at", "last_used_at"}},
      {"secret",
       "add",
       "Makes a secret; two may live at a time, so that rotation needs no outage.",
       "tessera secret add finlex tender-app --expires 90d",
       {kRealm, kClient, kExpires},
       {},
       kShownOnce},
      {"secret",
       "regenerate",
       "Makes a secret in the place of another, whose tokens die at once.",
       "tessera secret regenerate finlex tender-app",
       {kRealm, kClient, kSecretId, kSecretLeaked},
       {},
       kShownOnce},
      {"secret",
       "delete",
       "Deletes a secret; the access tokens issued with it die at once, and no others.",
       "tessera secret delete finlex tender-app Xk3",
       {kRealm, kClient, kSecretId, kSecretLeaked}},
      {"secret",
       "import",
       "Takes over the secret that a client has already.",
       "printf %s \"$SECRET\" | tessera secret import finlex tender-app --stdin",
       {kRealm,
        kClient,
        {"secret", "--stdin", Input::secret_stdin, true, "read the secret from standard input, never from the command line"},
        kExpires}},
  };
}

std::vector<CommandSpec> registration_commands() {
  return {
      {"initial-access-token",
       "list",
       "Lists the tokens by which clients may still register themselves.",
       "tessera initial-access-token list flinks",
       {kRealm},
       {"id", "uses_left", "created_at", "expires_at"}},
      {"initial-access-token",
       "add",
       "Makes a token by which clients register themselves, within what the realm's registration_template allows.",
       "tessera initial-access-token add flinks --uses 5 --expires 7d",
       {kRealm,
        {"uses", "--uses", Input::number, false, "how many clients it registers (1; up to 10,000)"},
        {"expires_at_s", "--expires", Input::expiry, false, "when it ends (a day from now): 2030-01-31T00:00:00Z, or 90d from now"}},
       {},
       kShownOnce},
      {"initial-access-token",
       "withdraw",
       "Withdraws a token; clients that it registered stay.",
       "tessera initial-access-token withdraw flinks TOKEN_ID",
       {kRealm, {"id", "ID", Input::text, true, "the token's id"}}},
  };
}

std::vector<CommandSpec> user_commands() {
  const ArgumentSpec password{"password", "--stdin", Input::secret_stdin, false, "read the password from standard input"};
  return {
      {"user",
       "list",
       "Lists the users of a realm.",
       "tessera user list customer",
       {kRealm, kAfter, kLimit},
       {"username", "enabled", "has_password", "email", "roles"}},
      {"user", "show", "Shows a user.", "tessera user show customer anna", {kRealm, kUser}},
      {"user",
       "add",
       "Adds a user.",
       "tessera user add customer anna --email anna@example.com --generate-password",
       {kRealm,
        kUser,
        {"email", "--email", Input::text, false, "e-mail address"},
        {"given_name", "--given-name", Input::text, false, "given name"},
        {"family_name", "--family-name", Input::text, false, "family name"},
        {"roles", "--role", Input::words, false, "a role of the realm; may be given several times"},
        {"generate_password", "--generate-password", Input::flag, false, "make a password and show it once"},
        password}},
      {"user",
       "set-password",
       "Gives a user a new password (made and shown once, or read from standard input) and ends sessions and tokens of the old one.",
       "tessera user set-password customer anna",
       {kRealm, kUser, password}},
      {"user",
       "import-password",
       "Takes over the password that a user has elsewhere, by its hash, and ends sessions and tokens of the old one.",
       "tessera user import-password customer anna --stdin <credential.json",
       {kRealm,
        kUser,
        {"record", "--stdin", Input::secret_stdin, true,
         "read it from standard input: Keycloak's credential as JSON, or $SCHEME$...$SALT$HASH"}}},
      {"user", "enable", "Lets a user in again.", "tessera user enable customer anna", {kRealm, kUser}},
      {"user", "disable", "Keeps a user out; their access tokens die at once.", "tessera user disable customer anna", {kRealm, kUser}},
      {"user",
       "end-sessions",
       "Ends all sessions of a user, with their tokens.",
       "tessera user end-sessions customer anna",
       {kRealm, kUser}},
      {"user", "remove", "Removes a user for good, with their sessions and tokens.", "tessera user remove customer anna", {kRealm, kUser}},
      {"session",
       "list",
       "Lists a user's sessions.",
       "tessera session list customer anna",
       {kRealm, kUser},
       {"id", "created_at", "last_used_at", "expires_at", "ended"}},
      {"session",
       "end",
       "Ends one session, with its tokens.",
       "tessera session end customer 4a273b32-cc81-4bb3-bbc3-636d2c0d759d",
       {kRealm, {"session", "SESSION", Input::text, true, "the session's id"}}},
      {"consent",
       "list",
       "Lists what a user lets clients do.",
       "tessera consent list flinks anna",
       {kRealm, kUser},
       {"id", "client_id", "scope", "remembered", "granted_at"}},
      {"consent",
       "withdraw",
       "Withdraws a consent of a user: codes, tokens and refresh tokens under it end, and the client asks again.",
       "tessera consent withdraw flinks anna 4a273b32-cc81-4bb3-bbc3-636d2c0d759d",
       {kRealm, kUser, {"consent", "CONSENT", Input::text, true, "the consent's id"}}},
  };
}

std::vector<CommandSpec> key_commands() {
  const ArgumentSpec alg{"alg", "ALG", Input::text, true, "RS256, PS256, ES256, EdDSA; HS512 or refresh for refresh tokens"};
  ArgumentSpec alg_option = alg;
  alg_option.spelling = "--alg";
  alg_option.required = false;
  return {
      {"key",
       "list",
       "Lists a realm's keys.",
       "tessera key list finlex",
       {kRealm},
       {"id", "alg", "use", "state", "created_at", "verifies_until", "next_state_at"}},
      {"key",
       "add",
       "Publishes a key ahead of its use, so that everyone has it when it signs.",
       "tessera key add finlex ES256",
       {kRealm, alg}},
      {"key",
       "rotate",
       "Signs with a new key from now on; the old one still verifies what it signed.",
       "tessera key rotate finlex",
       {kRealm, alg_option}},
      {"key",
       "remove",
       "Drops a key that nothing needs any more.",
       "tessera key remove finlex KEY_ID",
       {kRealm,
        {"id", "ID", Input::text, true, "the key's id"},
        {"compromised", "--compromised", Input::flag, false, "it leaked: drop it at once, with every token it signed"}}},
      {"key",
       "reseal",
       "Seals every realm's keys under the first master key, so that an old one may be removed.",
       "tessera key reseal",
       {}},
      {"token",
       "inspect",
       "Says what a token holds, whether it lives, and if not, why.",
       "tessera token inspect - <token.txt",
       {{"token", "TOKEN", Input::text, true,
         "the token, or - to read it from standard input (which keeps it out of the shell's history)"}}},
  };
}

std::vector<CommandSpec> all_commands() {
  std::vector<CommandSpec> all;
  for (auto part : {realm_commands(), client_commands(), registration_commands(), user_commands(), key_commands()})
    for (auto& command : part) all.push_back(std::move(command));
  return all;
}

constexpr GroupSpec kGroups[] = {
    {"client", "Clients (apps) of a realm. They are declared in files: see `tessera apply --help`."},
    {"secret", "Client secrets."},
    {"initial-access-token", "What lets clients register themselves."},
    {"user", "Users of a realm."},
    {"session", "Sessions of users."},
    {"consent", "What users let clients do."},
    {"realm", "Realms. They are declared in files: see `tessera apply --help`."},
    {"key", "Signing keys, and the master key that seals them: their rotation."},
    {"token", "Tokens."},
};

}  // namespace

std::span<const GroupSpec> groups() { return kGroups; }

std::span<const CommandSpec> commands() {
  static const std::vector<CommandSpec> all = all_commands();
  return all;
}

}  // namespace tessera::cli
