/**
 * What Postgres must be told so that scrubbed plaintext can really go: old WAL is deleted, never renamed and written over in
 * part; segments are 1 MB (initdb), so that few stay; what is on disk is not compressed, so that a search of its bytes sees
 * it; and no statement or parameter is ever logged, also not with an error.
 */
const postgresSettings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '100',
  wal_recycle: 'off',
  wal_init_zero: 'on',
  wal_compression: 'off',
  min_wal_size: '2MB',
  max_wal_size: '32MB',
  wal_keep_size: '0',
  autovacuum: 'on',
  log_statement: 'none',
  log_duration: 'off',
  log_min_duration_statement: '-1',
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
  log_parameter_max_length: '0',
  log_parameter_max_length_on_error: '0',
  log_connections: 'off',
  log_line_prefix: '%m [%p] ',
};

export const initdbFlags: readonly string[] = ['--wal-segsize=1', '--encoding=UTF8', '--no-locale', '--data-checksums'];

/** As command line flags of the server. */
export const postgresFlags = (): string[] => Object.entries(postgresSettings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
