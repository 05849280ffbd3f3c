import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  filesShareProcess: true,
  longOnContainers: [
    'src/{asked-acts,audit,backups,callbacks,codes,console,devices,fleet,keys,legacy,manual,notices,portal-changes,portal-looks,restore,retention,scale,sealing,upkeep}/*.int.test.ts',
    'src/endpoints/{follow-account,retire,search,secret-counts}.int.test.ts',
    'src/admission/{breaker,health,refused-lately,take-startable}.int.test.ts',
    'src/isolation/{borrowed-login,every-tenant,leaks,operations,shared-login,taken-over}.int.test.ts',
    'src/journal/{copies,known-versions,request,resolve,waits}.int.test.ts',
    'src/ledger/{backup-code,ended,lockout,password,portal-count,written}.int.test.ts',
    'src/migrations/{passwords,standing,turns,upgrade}.int.test.ts',
    'src/tasks/{list,plain,read,tidy,turns,turns-at-once,turns-kept,turns-left,turns-written}.int.test.ts',
    'src/{notifications,quick-start,scope,totp}.int.test.ts',
  ],
});
