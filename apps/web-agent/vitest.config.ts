import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'browser'],
  longOnContainers: ['src/{unhandled,unmigrated}.int.test.ts', 'src/{callbacks,commands,http,mailboxes,tasks}/**/*.int.test.ts'],
});
