-- `adopt` stands in the book of runs, too; its filters name the table whose rows it brings in: {"source": "north-crm"}.
ALTER TABLE migration_run DROP CONSTRAINT migration_run_command_check;
ALTER TABLE migration_run ADD CONSTRAINT migration_run_command_check CHECK (command IN ('adopt', 'apply', 'verify', 'scrub', 'rollback'));
