import { projectTests } from './src/vitest.ts';

export default projectTests(import.meta.dirname, { services: ['postgres'], longOnContainers: ['src/**/*.int.test.ts'] });
