-- The SHA-256 of the policy as the client last put it; with another one, an operator has had a hand in it.
alter table client_registration add column shaped text not null default '';
