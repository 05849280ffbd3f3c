import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres', 'aws'],
  longOnContainers: [
    'src/{adopt,adopt-again,adopt-anew,adopt-ids,adopt-ways,edits,process,crash,rollback,together}.int.test.ts',
    'src/{memory,report,resolve,resolve-held,runs,scrub,shapes,verify,verify-logins}.int.test.ts',
  ],
});
