import { projectTests } from '@rcm/test-services/vitest';

export default projectTests(import.meta.dirname, {
  services: ['postgres'],
  longOnContainers: [
    'src/{admission,asked-acts,audit,backups,callbacks,codes,console,devices,endpoints,fleet,journal,keys,ledger,legacy,manual,notifications,portal-changes,portal-looks,restore,retention,scale,sealing,tasks,upkeep}/*.int.test.ts',
    'src/isolation/{borrowed-login,every-tenant,isolation,leaks,operations,shared-login,taken-over}.int.test.ts',
    'src/migrations/{passwords,schema-state,turns,upgrade}.int.test.ts',
    'src/{notifications,quick-start,scope,totp}.int.test.ts',
  ],
});
