import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'browser'],
  // Its end-to-end tests are the last to begin, and mostly commands that wait for each other.
  workers: 4,
  longOnContainers: ['src/**/*.int.test.ts'],
});
