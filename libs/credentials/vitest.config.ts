import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['aws'],
  // What needs no container, or an emulator that enforces policies, is skipped there with words: in the long form.
  longOnContainers: [
    'src/packed.int.test.ts',
    'src/{data-keys,policies,testing}/*.int.test.ts',
    'src/reading/quota.int.test.ts',
    'src/stores/{aws-faults,foreign-secrets,quota-counts,rehearsal,ssm-full,vault,vault-faults,vault-overwrite,vault-session}.int.test.ts',
    'src/tenancy/{device-sign-in,refused-sessions,tenant-sessions,vault-tenancy}.int.test.ts',
  ],
});
