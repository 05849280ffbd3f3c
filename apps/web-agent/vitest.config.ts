import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'browser'],
  // A guide and a drill from their first page to their last: what each of their steps does, others try.
  longForm: ['src/failover-drill.e2e.test.ts', 'src/migration-guide.e2e.test.ts'],
  longOnContainers: ['src/**/*.int.test.ts'],
});
