import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'aws'],
  // Much of its tests' time is waiting for paces, leases and deadlines.
  workers: 4,
  longOnContainers: ['src/**/*.int.test.ts'],
  // 1,600 rows of 200 kB.
  longForm: ['src/memory.int.test.ts'],
});
