-- The SHA-256 of grants and scopes as the client last put them; with others, an operator has had a hand in them.
alter table client_registration add column shaped text not null default '';
