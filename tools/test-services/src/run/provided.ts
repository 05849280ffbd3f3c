/** What a run's set-up hands to its test files. */
export type Backend = 'embedded' | 'containers';
export type Service = 'postgres' | 'aws' | 'browser';

declare module 'vitest' {
  interface ProvidedContext {
    rcmServices: Service[];
    rcmBackend: Backend;
    /** Superuser URL; '' when the project did not ask for Postgres. */
    rcmPostgresUrl: string;
    /** '' except on containers, for a project that asked for aws. */
    rcmLocalStackUrl: string;
  }
}
