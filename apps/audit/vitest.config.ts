import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  longOnContainers: ['src/{cli,in-the-database}.int.test.ts', 'src/commands/*.int.test.ts'],
});
