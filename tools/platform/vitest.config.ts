import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'browser'],
  // `.ci/run` starts the platform three times, and each ends well only with the same figures.
  longForm: ['src/platform.e2e.test.ts'],
});
