import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'browser'],
  longOnContainers: ['src/{bad-calls,deploy,fleet,questions,unhandled}.int.test.ts', 'src/{codes,imports,portal-types,review,tasks}/*.int.test.ts'],
});
