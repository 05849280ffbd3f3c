import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  longOnContainers: [
    'src/{audit,keys,manual,notices,sealing}/*.int.test.ts',
    'src/endpoints/{follow-account,search,secret-counts}.int.test.ts',
    'src/gate/{breaker,health}.int.test.ts',
    'src/isolation/{speed,taken-over}.int.test.ts',
    'src/journal/{copies,known-versions,request,resolve,waits}.int.test.ts',
    'src/ledger/{lockout,password,portal-count}.int.test.ts',
    'src/tasks/{plain,read,turns}.int.test.ts',
    'src/totp.int.test.ts',
  ],
});
