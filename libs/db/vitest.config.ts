import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  filesShareProcess: true,
  longOnContainers: [
    'src/{asked-acts,audit,callbacks,codes,console,fleet,keys,legacy,manual,notices,restore,retention,sealing,upkeep}/*.int.test.ts',
    'src/endpoints/{follow-account,search,secret-counts}.int.test.ts',
    'src/admission/{breaker,health}.int.test.ts',
    'src/isolation/{borrowed-login,operations,shared-login,taken-over}.int.test.ts',
    'src/journal/{copies,known-versions,request,resolve,waits}.int.test.ts',
    'src/ledger/{ended,lockout,password,portal-count}.int.test.ts',
    'src/migrations/upgrade.int.test.ts',
    'src/scale/scale.int.test.ts',
    'src/tasks/{list,plain,read,turns,turns-at-once,turns-kept}.int.test.ts',
    'src/totp.int.test.ts',
  ],
});
