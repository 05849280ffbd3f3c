/** The images of the container backend; both can be named otherwise where a registry cannot be reached (see tools/test-images). */
export function postgresImage(): string {
  return process.env.RCM_TEST_POSTGRES_IMAGE || 'postgres:18-alpine';
}

/** 4.14.0 is the last LocalStack that runs without an account token. */
export function localStackImage(): string {
  return process.env.RCM_TEST_LOCALSTACK_IMAGE || 'localstack/localstack:4.14.0';
}
