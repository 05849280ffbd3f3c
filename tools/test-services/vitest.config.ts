import { projectTests } from './src/vitest.ts';

export default projectTests(import.meta.dirname, { services: ['postgres'] });
