-- What is installed, kept by the installer alone (crates/database/src/install/ledger.rs).
create schema if not exists stevedore;
comment on schema stevedore is
  'What Stevedore has installed in this database. Written by `stevedore migrate` only.';

create table if not exists stevedore.applied_migrations (
  version bigint constraint applied_migrations_pkey primary key,
  file text not null,
  checksum text not null,
  applied_at timestamptz not null default now(),
  duration_ms bigint not null
);
comment on table stevedore.applied_migrations is
  'One row per file of migrations/ that has run. Never deleted.';
comment on column stevedore.applied_migrations.version is
  'The number at the start of the file''s name.';
comment on column stevedore.applied_migrations.file is 'The name of the file.';
comment on column stevedore.applied_migrations.checksum is
  'SHA-256 of the text that ran: a file must not change afterwards.';
comment on column stevedore.applied_migrations.applied_at is 'When its transaction began.';
comment on column stevedore.applied_migrations.duration_ms is 'How long it took, in milliseconds.';

create table if not exists stevedore.installed_objects (
  path text constraint installed_objects_pkey primary key,
  checksum text not null,
  identities text[] not null,
  installed_at timestamptz not null default now()
);
comment on table stevedore.installed_objects is
  'One row per file of sql/ that is installed: functions, triggers, views, policies.';
comment on column stevedore.installed_objects.path is 'The path of the file below sql/.';
comment on column stevedore.installed_objects.checksum is
  'SHA-256 of the text: the file is installed again when its text has another.';
comment on column stevedore.installed_objects.identities is
  'What the file made, as a drop statement would name it; so that an old signature can be removed, '
  'and an object that somebody dropped is noticed.';
comment on column stevedore.installed_objects.installed_at is 'When it was last installed.';

create table if not exists stevedore.installs (
  install_id bigint generated always as identity constraint installs_pkey primary key,
  installed_at timestamptz not null default now(),
  release text not null,
  digest text not null,
  migrations integer not null,
  objects integer not null
);
comment on table stevedore.installs is
  'One row per install that changed something: which release, when, how much.';
comment on column stevedore.installs.install_id is 'Counts up.';
comment on column stevedore.installs.installed_at is 'When its transaction began.';
comment on column stevedore.installs.release is
  'The release that installed; an older one refuses to run afterwards.';
comment on column stevedore.installs.digest is 'Fingerprint of all texts of that release.';
comment on column stevedore.installs.migrations is 'How many migrations it ran.';
comment on column stevedore.installs.objects is 'How many objects it installed.';
