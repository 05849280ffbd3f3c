/**
 * What Aurora PostgreSQL is told. Connections in the clear are refused. Nothing that a statement carries is written to a log: no statement, no parameter, not with
 * an error (its `DETAIL` quotes rows: terse leaves it out), no plan, none of those that wait. What the server remembers of statements has its values taken out,
 * and commands such as ALTER ROLE … PASSWORD, whose values are not taken out, are not remembered. Sources: "Error Reporting and Logging", "pg_stat_statements" (PostgreSQL).
 */
export const databaseParameters: Readonly<Record<string, string>> = {
  'rds.force_ssl': '1',
  ssl_min_protocol_version: 'TLSv1.2',
  password_encryption: 'scram-sha-256',
  log_statement: 'none',
  log_duration: '0',
  log_min_duration_statement: '-1',
  log_min_duration_sample: '-1',
  log_transaction_sample_rate: '0',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_lock_waits: '0',
  log_autovacuum_min_duration: '-1',
  log_temp_files: '-1',
  debug_print_parse: '0',
  debug_print_rewritten: '0',
  debug_print_plan: '0',
  log_connections: '1',
  log_disconnections: '1',
  shared_preload_libraries: 'pg_stat_statements',
  'pg_stat_statements.track_utility': '0',
};
