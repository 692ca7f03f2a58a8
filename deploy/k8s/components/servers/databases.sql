-- A role and a database per service; nobody but the role may connect. psql 15 or newer, as a superuser, once.
-- The passwords come from the environment (AUTH_PASSWORD, …), so that they are in no file and no list of processes.
\set ON_ERROR_STOP on
\getenv auth AUTH_PASSWORD
\getenv orders ORDERS_PASSWORD
\getenv inventory INVENTORY_PASSWORD
\getenv labels LABELS_PASSWORD

create role auth login password :'auth';
create role orders login password :'orders';
create role inventory login password :'inventory';
create role labels login password :'labels';

create database auth owner auth;
create database orders owner orders;
create database inventory owner inventory;
create database labels owner labels;

revoke all on database auth, orders, inventory, labels from public;
