import tseslint from 'typescript-eslint';

const TESTS = ['**/*.test.ts', '**/*.fixture.ts'];
const NOT_YET_REPLACED = ['allowInsecureRequests', 'isNativeError'];

/** typescript-eslint's strictest rules; each that is left out has its reason. */
export const strict = [
  {
    files: ['{apps,libs,tools}/**/*.ts'],
    ignores: ['**/generated/**'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    rules: {
      // A number in a sentence is what it looks like.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowNever: true }],
      // `() => void act()` and `return void act()` say that what comes back is of no use, whatever it is.
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true, ignoreVoidOperator: true }],
      '@typescript-eslint/no-meaningless-void-operator': 'off',
      // `Secret<string>` says what the handle holds.
      '@typescript-eslint/no-unnecessary-type-arguments': 'off',
      // Parts are handed on as records of functions, none of which uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // A part that has nothing to close has a `close` like its neighbours, and one that promises need not wait.
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/require-await': 'off',
      // TypeScript believes that a signal which was not aborted before a wait is not after it.
      '@typescript-eslint/no-unnecessary-condition': 'off',
      // An empty text is no text.
      '@typescript-eslint/prefer-nullish-coalescing': ['error', { ignorePrimitives: { string: true } }],
      // What it proposes takes null for undefined.
      '@typescript-eslint/prefer-optional-chain': 'off',
      // An alias of an object fits where any record is wanted, an interface does not.
      '@typescript-eslint/consistent-type-definitions': 'off',
      // The numbers of CloudFormation are those of the CDK's enumerations.
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      // An index within bounds that the line before has checked.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
      // Letters of a password are counted as its portal counts them, in code points.
      '@typescript-eslint/no-misused-spread': 'off',
      // An issuer without TLS is one on this machine (configuration); an error of another realm is none to Error.isError's types yet.
      '@typescript-eslint/no-deprecated': ['error', { allow: NOT_YET_REPLACED }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_', caughtErrorsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['tools/**/*.ts', ...TESTS],
    rules: {
      // The caller names the shape of a row, as it names that of an option to commander.
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: TESTS,
    rules: {
      // A matcher of Vitest is an `any`, and so is what holds one.
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      // A test names the error that it awaits; any other fails it.
      '@typescript-eslint/use-unknown-in-catch-callback-variable': 'off',
      // `Promise.withResolvers<void>()` is for telling that something has come, and nothing else.
      '@typescript-eslint/no-invalid-void-type': 'off',
      // In tests these two alone take a fifth of the whole lint (20 of 111 s), and find what harms nobody.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'off',
      // A form may lead to the page that it is on: its address does not tell when it has come.
      '@typescript-eslint/no-deprecated': ['error', { allow: [...NOT_YET_REPLACED, 'waitForNavigation'] }],
    },
  },
  {
    // What a secret shows in a template is what it tries.
    files: ['libs/telemetry/src/secret.unit.test.ts'],
    rules: { '@typescript-eslint/restrict-template-expressions': 'off' },
  },
];
