import nx from '@nx/eslint-plugin';
import tseslint from 'typescript-eslint';
import { size } from './lint/size.js';
import { strict } from './lint/strict.js';
import { retiredWords } from './lint/retired-words.js';
import { databaseDoors } from './lint/database-doors.js';
import { plaintextOwners } from './lint/plaintext-owners.js';

// Who may import whom (docs/design.md, Parts): apps -> portal-access -> portal-drivers, credentials, db -> telemetry.
// Tools stand beside the product: the product never imports one, tests may.
const allow = (scope, ...targets) => ({ sourceTag: `scope:${scope}`, onlyDependOnLibsWithTags: [scope, ...targets].map((t) => `scope:${t}`) });
const product = [
  allow('telemetry'),
  allow('credentials', 'telemetry'),
  allow('db', 'telemetry'),
  allow('portal-drivers', 'telemetry'),
  allow('portal-access', 'telemetry', 'credentials', 'db', 'portal-drivers'),
  allow('fleet', 'telemetry', 'db'),
  // For other services to take along: it knows nothing of the platform.
  allow('task-client'),
  allow('web-agent', 'telemetry', 'credentials', 'db', 'portal-drivers', 'portal-access'),
  allow('rotator', 'telemetry', 'credentials', 'db', 'fleet', 'portal-drivers', 'portal-access'),
  allow('migrator', 'telemetry', 'credentials', 'db', 'fleet'),
  allow('audit', 'telemetry', 'db'),
  allow('infra', 'telemetry', 'credentials'),
  // It gathers the commands of the others, the recipe writer's tool among them, and calls them as their own programs do.
  allow('cli', 'telemetry', 'credentials', 'db', 'fleet', 'rotator', 'migrator', 'audit', 'web-agent', 'portal'),
  // What the books say, and rows that ask: neither a store nor a portal is within its reach.
  allow('console', 'telemetry', 'db', 'fleet'),
];
const tools = [
  allow('demo-sign-in'),
  allow('local-aws'),
  allow('demo-portals'),
  allow('test-services'),
  allow('setup'),
  allow('pack'),
  allow('platform', 'telemetry', 'credentials', 'db', 'portal-drivers', 'local-aws', 'demo-portals', 'demo-sign-in', 'images', 'cost', 'test-services'),
  allow('vault-server', 'local-aws'),
  allow(
    'bench',
    'telemetry',
    'credentials',
    'db',
    'portal-drivers',
    'portal-access',
    'rotator',
    'cost',
    'images',
    'local-aws',
    'demo-portals',
    'test-services',
    'test-environment',
  ),
  allow(
    'crash-matrix',
    'telemetry',
    'credentials',
    'db',
    'portal-drivers',
    'portal-access',
    'rotator',
    'local-aws',
    'demo-portals',
    'vault-server',
    'test-services',
    'test-environment',
    'proof-record',
  ),
  allow(
    'soak',
    'telemetry',
    'credentials',
    'db',
    'portal-drivers',
    'portal-access',
    'rotator',
    'local-aws',
    'demo-portals',
    'test-services',
    'test-environment',
  ),
  allow('simulation', 'telemetry', 'credentials', 'db', 'portal-drivers', 'portal-access', 'rotator', 'proof-record'),
  allow('proof-record'),
  allow('portal', 'telemetry', 'credentials', 'portal-drivers', 'portal-access'),
  allow('real-portals', 'telemetry', 'credentials', 'portal-drivers', 'test-services'),
  allow('cost', 'telemetry', 'credentials', 'db'),
  allow('audit-trace', 'telemetry', 'credentials', 'db'),
  allow('sbom', 'telemetry'),
  allow('images', 'telemetry'),
  allow('audit-tampering', 'audit', 'db', 'test-services'),
  allow('test-environment', 'telemetry', 'credentials', 'db', 'portal-drivers', 'local-aws', 'vault-server', 'demo-portals', 'platform', 'test-services'),
];
const forTests = [
  'task-client',
  'test-services',
  'test-environment',
  'local-aws',
  'demo-portals',
  'demo-sign-in',
  'fleet',
  'vault-server',
  'credentials',
  'db',
  'portal-drivers',
  'portal-access',
  'telemetry',
  'images',
];
const TESTED = [
  ...[
    'web-agent',
    'rotator',
    'migrator',
    'audit',
    'cli',
    'console',
    'infra',
    'platform',
    'setup',
    'bench',
    'crash-matrix',
    'soak',
    'simulation',
    'proof-record',
    'portal',
    'real-portals',
    'cost',
    'sbom',
    'images',
    'audit-trace',
    'audit-tampering',
  ],
];
const boundaries = (constraints) => ['error', { enforceBuildableLibDependency: false, depConstraints: constraints, allow: [] }];

// One owner for each outside dependency that carries risk: everyone else goes through the owner's interface.
const owned = [
  { group: ['@prisma/*', 'pg', '**/generated/**'], message: 'Only libs/db talks to Postgres.' },
  { group: ['playwright-core', 'playwright'], message: 'Only libs/portal-drivers drives a browser.' },
  { group: ['@aws-sdk/*'], message: 'Only a store’s own file imports its SDK.' },
  { group: ['**/*.fixture.ts', '**/*.test.ts'], message: 'What is made for tests alone sees plaintext freely; the product does not take it along.' },
];
const ownedExcept = (...owners) => ['error', { patterns: owned.filter((o) => !owners.some((name) => o.group.includes(name))) }];

/**
 * Where the whole is looked at, all projects are one program, so that what they share is read once and not by each again; the two whose types are of
 * another kind (of a browser; of a library that leaves out what is undefined) have their own. Else a file has the program of its project.
 */
const types =
  process.env.RCM_LINT_AS_ONE === '1'
    ? { project: ['tsconfig.lint.json', 'apps/console/tsconfig.lint.json', 'apps/infra/tsconfig.lint.json'] }
    : { projectService: true };

export default tseslint.config(
  { ignores: ['**/dist', '**/out-tsc', '**/generated', '**/.rcm', '**/.nx', '**/node_modules'] },
  ...tseslint.configs.recommended,
  ...strict,
  ...size,
  {
    files: ['**/*.ts'],
    plugins: { '@nx': nx },
    languageOptions: { parserOptions: { ...types, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@nx/enforce-module-boundaries': boundaries([...product, ...tools]),
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/no-misused-promises': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      'no-restricted-imports': ownedExcept(),
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  retiredWords,
  ...databaseDoors,
  { files: ['libs/db/src/**/*.ts'], rules: { 'no-restricted-imports': ownedExcept('pg') } },
  { files: ['libs/portal-drivers/src/**/*.ts'], rules: { 'no-restricted-imports': ownedExcept('playwright') } },
  {
    files: ['libs/portal-drivers/src/**/*.ts'],
    ignores: ['libs/portal-drivers/src/playwright.ts'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: [{ name: 'playwright', allowTypeImports: true, message: 'Only playwright.ts loads it, after its debug switches are gone.' }] },
      ],
    },
  },
  {
    files: ['libs/credentials/src/stores/*.ts', 'libs/credentials/src/tenancy/*.ts', 'libs/credentials/src/data-keys/*.ts'],
    rules: { 'no-restricted-imports': ownedExcept('@aws-sdk/*') },
  },
  { files: ['apps/audit/src/sinks/bucket.ts', 'apps/audit/src/signing/kms-signer.ts'], rules: { 'no-restricted-imports': ownedExcept('@aws-sdk/*') } },
  { files: ['apps/rotator/src/notifications/sns.ts'], rules: { 'no-restricted-imports': ownedExcept('@aws-sdk/*') } },
  {
    // Tools and tests see plaintext as groups: they hold no customer's.
    files: ['apps/**/*.ts', 'libs/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.fixture.ts', '**/vitest.config.ts'],
    // A comment would be one more way to plaintext, and one that no list names.
    linterOptions: { noInlineConfig: true },
    plugins: { rcm: { rules: { 'plaintext-owners': plaintextOwners } } },
    rules: { 'rcm/plaintext-owners': ['error', import.meta.dirname] },
  },
  { files: ['tools/**/*.ts', '**/*.test.ts', '**/*.fixture.ts', '**/vitest.config.ts'], rules: { 'no-restricted-imports': 'off' } },
  // What packs a library is no part of it.
  { files: ['libs/*/pack/*.ts'], rules: { '@nx/enforce-module-boundaries': boundaries([{ sourceTag: '*', onlyDependOnLibsWithTags: ['scope:pack'] }]) } },
  {
    files: ['**/*.test.ts', '**/vitest.config.ts', '**/*.fixture.ts'],
    rules: {
      '@nx/enforce-module-boundaries': boundaries([
        { sourceTag: '*', onlyDependOnLibsWithTags: forTests.map((t) => `scope:${t}`) },
        ...TESTED.map((s) => allow(s, ...forTests)),
      ]),
    },
  },
);
