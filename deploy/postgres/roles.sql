-- Three roles, none of them a superuser: cocreate owns the tables and runs `cocreate migrate`, cocreate_services is what
-- the services are, cocreate_reads what operators are who look. Run once by whoever rules the server, in the empty
-- database cocreate, before the first `cocreate migrate`:
--
--   psql --dbname cocreate --set owner=… --set services=… --set reads=… --file deploy/postgres/roles.sql
--
-- In a database that has tables already, say the four lines at the end as well.

CREATE ROLE cocreate LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner';
CREATE ROLE cocreate_services LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'services';
CREATE ROLE cocreate_reads LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'reads';

REVOKE CREATE ON SCHEMA public FROM PUBLIC;
GRANT CREATE, USAGE ON SCHEMA public TO cocreate;
DO $$ BEGIN EXECUTE format('GRANT CREATE ON DATABASE %I TO cocreate', current_database()); END $$;

-- What migrations make from now on.
ALTER DEFAULT PRIVILEGES FOR ROLE cocreate GRANT USAGE ON SCHEMAS TO cocreate_services, cocreate_reads;
ALTER DEFAULT PRIVILEGES FOR ROLE cocreate GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cocreate_services;
ALTER DEFAULT PRIVILEGES FOR ROLE cocreate GRANT USAGE ON SEQUENCES TO cocreate_services;
ALTER DEFAULT PRIVILEGES FOR ROLE cocreate GRANT SELECT ON TABLES TO cocreate_reads;
ALTER ROLE cocreate_reads SET default_transaction_read_only = on;

-- For each schema s that is there already (people, schedule, tasks, texts, words, places, clock, prompts, …):
-- GRANT USAGE ON SCHEMA s TO cocreate_services, cocreate_reads;
-- GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA s TO cocreate_services;
-- GRANT USAGE ON ALL SEQUENCES IN SCHEMA s TO cocreate_services;
-- GRANT SELECT ON ALL TABLES IN SCHEMA s TO cocreate_reads;
