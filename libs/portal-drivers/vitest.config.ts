import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, { services: ['browser'] });
