import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  longOnContainers: ['src/**/*.int.test.ts'],
  // Whole measurements in their small size. Of the migrator's deaths and people's edits apps/migrator tries each at its place.
  longForm: ['src/console/suite.int.test.ts', 'src/migration/kills/kills.int.test.ts', 'src/tasks/suite.int.test.ts'],
});
