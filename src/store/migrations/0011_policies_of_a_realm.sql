-- Which policies a realm's clients have, without a look at each client.
create index client_policy_of_realm on client (realm, removed, policy);
