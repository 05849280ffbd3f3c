const fileLines = { 'max-lines': ['error', { max: 220 }] };

/** How large a function of the product, and any file, may be. */
export const size = [
  {
    files: ['{apps,libs}/*/src/**/*.ts'],
    ignores: ['**/*.test.ts', '**/*.fixture.ts', '**/generated/**'],
    rules: {
      ...fileLines,
      complexity: ['error', { max: 12 }],
      'max-params': ['error', { max: 4 }],
      'max-lines-per-function': ['error', { max: 60, skipBlankLines: true, skipComments: true }],
    },
  },
  // A test's function is as long as its story; its file holds one idea like any other.
  { files: ['{apps,libs,tools}/**/*.ts'], ignores: ['**/generated/**'], rules: fileLines },
];
