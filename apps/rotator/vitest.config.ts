import { projectTests } from '@rcm/test-services/vitest';

// A quarter of all tests' time is this project's, much of it waiting for leases and deadlines: with two files at once it would end last.
export default projectTests(import.meta.dirname, { services: ['postgres', 'browser'], workers: 4, longOnContainers: ['src/**/*.int.test.ts'] });
