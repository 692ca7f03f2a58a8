"""
The chain of the audit log with the session an entry was asked for in. Frozen, as `audit_chain_v1` is, whose triggers
and functions stay but for the one that links: what was linked before is of version 1 and its hash is never made anew.
"""

_CONTENT = """
create function audit_content_v2(entry audit) returns text language sql stable as $$
  select audit_content(entry) || audit_field(entry.session_id::text) || audit_field(entry.browser)
$$
"""
_LINK = """
create or replace function audit_link_entry(entry audit) returns void language plpgsql as $$
declare
  last_position bigint;
  last_hash bytea;
begin
  perform pg_advisory_xact_lock(hashtextextended('auth.audit', 0));
  select position, hash into last_position, last_hash from audit_link order by position desc limit 1;
  insert into audit_link (position, entry_id, hash, version) values (
    coalesce(last_position, 0) + 1,
    entry.id,
    sha256(coalesce(last_hash, decode(repeat('00', 32), 'hex')) || convert_to(audit_content_v2(entry), 'UTF8')),
    2
  );
end $$
"""
# Each for a statement of its own.
CHAIN_V2 = (_CONTENT, _LINK)
