"""
How PostgreSQL chains the audit log and refuses to change it. Frozen: a change is an `audit_chain_v2` and a migration.

An entry is linked when its transaction commits, by a deferred trigger: the one lock of the chain is then the last that
any transaction takes, is held for the commit alone, and stands in nobody's way before. `domain/audit_chain.py` computes
the same hashes.
"""

_FIELD = """
create function audit_field(value text) returns text language sql immutable as
$$ select coalesce(octet_length(value) || ':' || value, '-') $$
"""
_CONTENT = """
create function audit_content(entry audit) returns text language sql stable as $$
  select audit_field(entry.id::text)
      || audit_field(to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'))
      || audit_field(entry.action)
      || audit_field(entry.organisation_id::text)
      || audit_field(entry.account_id::text)
      || audit_field(entry.connection_id::text)
      || audit_field(entry.client_id)
      || audit_field(entry.reason)
      || audit_field(entry.before)
      || audit_field(entry.after)
$$
"""
_LINK = """
create function audit_link_entry(entry audit) returns void language plpgsql as $$
declare
  last_position bigint;
  last_hash bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('auth.audit', 0));
  select position, hash into last_position, last_hash from audit_link order by position desc limit 1;
  insert into audit_link (position, entry_id, hash) values (
    coalesce(last_position, 0) + 1,
    entry.id,
    sha256(coalesce(last_hash, decode(repeat('00', 32), 'hex')) || convert_to(audit_content(entry), 'UTF8'))
  );
end $$
"""
_ON_INSERT = """
create function audit_on_insert() returns trigger language plpgsql as $$
begin
  perform audit_link_entry(new);
  return null;
end $$
"""
_REFUSE = """
create function audit_refuse() returns trigger language plpgsql as $$
begin
  raise exception 'the audit log is only added to' using errcode = 'insufficient_privilege';
end $$
"""
_KEEP = """
create function audit_keep() returns trigger language plpgsql as $$
begin
  if old.at >= now() - interval '12 months' then
    raise exception 'the audit log is kept for twelve months' using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$
"""
_KEEP_LINK = """
create function audit_keep_link() returns trigger language plpgsql as $$
begin
  if exists (select 1 from audit where id = old.entry_id) then
    raise exception 'a link goes after its entry' using errcode = 'insufficient_privilege';
  end if;
  return old;
end $$
"""
_LINK_EXISTING = """
do $$
declare
  entry audit;
begin
  for entry in select * from audit order by at, id loop
    perform audit_link_entry(entry);
  end loop;
end $$
"""
# Each for a statement of its own.
CHAIN = (
    _FIELD,
    _CONTENT,
    _LINK,
    _ON_INSERT,
    _REFUSE,
    _KEEP,
    _KEEP_LINK,
    "create constraint trigger audit_linked after insert on audit deferrable initially deferred "
    "for each row execute function audit_on_insert()",
    "create trigger audit_unchanged before update or truncate on audit "
    "for each statement execute function audit_refuse()",
    "create trigger audit_kept before delete on audit for each row execute function audit_keep()",
    "create trigger audit_link_unchanged before update or truncate on audit_link "
    "for each statement execute function audit_refuse()",
    "create trigger audit_link_kept before delete on audit_link for each row execute function audit_keep_link()",
    _LINK_EXISTING,
)
