import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: [],
  // What rcm's bundle holds and runs, bundle.unit.test.ts tries; here it is packed and installed.
  longForm: ['src/binary.unit.test.ts'],
});
