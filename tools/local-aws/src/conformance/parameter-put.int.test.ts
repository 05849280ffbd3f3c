import { expect } from 'vitest';
import { conformance, refused } from './case.fixture.ts';
import { put, read } from './parameter-calls.fixture.ts';
import { PARAMETER_NAMES } from './parameter-names.fixture.ts';

conformance([
  {
    title: 'the first write answers version 1 and the standard tier',
    cites: 'API_PutParameter: a version is created with each edit, from 1; Tier of the answer',
    departs: { emulator: 'answers no tier' },
    run: async (stage) => expect(await put(stage)).toMatchObject({ Version: 1, Tier: 'Standard' }),
  },
  {
    title: 'an overwrite answers the next version and becomes what is read',
    cites: 'API_PutParameter: Overwrite; Version increments by 1',
    async run(stage) {
      await put(stage);
      expect(await put(stage, { Value: 'w', Overwrite: true })).toMatchObject({ Version: 2 });
      expect(await read(stage)).toMatchObject({ Value: 'w', Version: 2 });
    },
  },
  {
    title: 'an overwrite needs no type',
    cites: 'API_PutParameter: Type is not required when updating',
    async run(stage) {
      await put(stage);
      expect(await put(stage, { Value: 'w', Type: undefined, Overwrite: true })).toMatchObject({ Version: 2 });
    },
  },
  {
    title: 'a second write without Overwrite is refused',
    cites: 'API_PutParameter: ParameterAlreadyExists',
    async run(stage) {
      await put(stage);
      await refused(put(stage), 'ParameterAlreadyExists');
      expect(await read(stage)).toMatchObject({ Value: 'v', Version: 1 });
    },
  },
  {
    title: 'a new parameter needs a type',
    cites: 'API_PutParameter: Type is required when creating a parameter',
    run: (stage) => refused(put(stage, { Type: undefined }), 'ValidationException'),
  },
  {
    title: 'the type cannot change',
    cites: 'API_PutParameter: HierarchyTypeMismatchException',
    departs: { emulator: 'takes the new type' },
    async run(stage) {
      await put(stage);
      await refused(put(stage, { Type: 'SecureString', Overwrite: true }), 'HierarchyTypeMismatchException');
    },
  },
  {
    title: 'tags and Overwrite together are refused',
    cites: 'API_PutParameter: tags only when creating; use AddTagsToResource afterwards',
    run: (stage) => refused(put(stage, { Overwrite: true, Tags: [{ Key: 'a', Value: 'b' }] }), 'ValidationException'),
  },
  {
    title: 'a standard value may have 4,096 bytes',
    cites: 'Parameter tiers (User Guide): 4 KB standard',
    async run(stage) {
      await put(stage, { Value: 'x'.repeat(4_096) });
      expect((await read(stage))?.Value).toHaveLength(4_096);
    },
  },
  {
    title: 'a standard value of 4,097 bytes is refused',
    cites: 'Parameter tiers (User Guide): 4 KB standard',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(put(stage, { Value: 'x'.repeat(4_097) }), 'ValidationException'),
  },
  {
    title: 'size is counted in bytes of UTF-8, not in characters',
    cites: 'Parameter tiers (User Guide): 4 KB standard',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(put(stage, { Value: 'ü'.repeat(2_049) }), 'ValidationException'),
  },
  {
    title: 'an advanced value may have 8,192 bytes',
    cites: 'Parameter tiers (User Guide): 8 KB advanced',
    departs: { emulator: 'answers no tier' },
    async run(stage) {
      expect(await put(stage, { Value: 'x'.repeat(8_192), Tier: 'Advanced' })).toMatchObject({ Tier: 'Advanced' });
      expect((await read(stage))?.Value).toHaveLength(8_192);
    },
  },
  {
    title: 'an advanced value of 8,193 bytes is refused',
    cites: 'Parameter tiers (User Guide): 8 KB advanced',
    departs: { emulator: 'stores it' },
    run: (stage) => refused(put(stage, { Value: 'x'.repeat(8_193), Tier: 'Advanced' }), 'ValidationException'),
  },
  {
    title: 'Intelligent-Tiering takes the advanced tier only where the value needs it',
    cites: 'API_PutParameter: Tier, Intelligent-Tiering',
    departs: { emulator: 'answers no tier' },
    async run(stage) {
      expect(await put(stage, { Tier: 'Intelligent-Tiering' })).toMatchObject({ Tier: 'Standard' });
      expect(await put(stage, { Tier: 'Intelligent-Tiering', Value: 'x'.repeat(4_097), Overwrite: true })).toMatchObject({ Tier: 'Advanced' });
      expect(await put(stage, { Tier: 'Intelligent-Tiering', Overwrite: true })).toMatchObject({ Tier: 'Advanced' });
    },
  },
  {
    title: 'an advanced parameter cannot be made standard again',
    cites: 'API_PutParameter: Tier; an advanced parameter cannot be reverted',
    departs: { emulator: 'takes the lower tier' },
    async run(stage) {
      await put(stage, { Tier: 'Advanced' });
      await refused(put(stage, { Tier: 'Standard', Overwrite: true }), 'ValidationException');
      expect(await put(stage, { Overwrite: true })).toMatchObject({ Tier: 'Advanced' });
    },
  },
  ...PARAMETER_NAMES,
  {
    title: 'an empty value is refused',
    cites: 'API_PutParameter: Value is required',
    run: (stage) => refused(put(stage, { Value: '' }), 'ValidationException'),
  },
  {
    title: 'a value with {{ and }} around something is refused as a nested parameter',
    cites: 'API_PutParameter: Value, parameters cannot be nested in values',
    departs: { emulator: 'stores it' },
    async run(stage) {
      await refused(put(stage, { Value: '{{ssm:other}}' }), 'ValidationException');
      await refused(put(stage, { Value: '{"a":{"password":"x{{y"}}' }), 'ValidationException');
    },
  },
  {
    title: 'a value keeps every character of Unicode and every line break',
    cites: 'API_PutParameter: Value',
    async run(stage) {
      const value = 'p🔑ä\n\t"\\ \u2028 end ';
      await put(stage, { Value: value, Type: 'SecureString', KeyId: stage.keyArn });
      expect((await read(stage))?.Value).toBe(value);
    },
  },
  {
    title: 'a value that does not match AllowedPattern is refused',
    cites: 'API_PutParameter: ParameterPatternMismatchException',
    departs: { emulator: 'ignores the pattern' },
    run: (stage) => refused(put(stage, { AllowedPattern: '^\\d+$' }), 'ParameterPatternMismatchException'),
  },
  {
    title: 'a value has to match AllowedPattern as a whole',
    cites: 'Walkthrough: Manage parameters using hierarchies (User Guide): \\d{1,4} refuses 10,000',
    departs: { emulator: 'ignores the pattern' },
    run: (stage) => refused(put(stage, { Value: '10,000', AllowedPattern: '\\d{1,4}' }), 'ParameterPatternMismatchException'),
  },
  {
    title: 'a pattern stays with its parameter: an overwrite that names none has to match it, and one with an empty pattern ends it',
    cites: 'Walkthrough: Manage parameters using hierarchies (User Guide); API_PutParameter: AllowedPattern, length 0 to 1024',
    departs: { emulator: 'ignores the pattern' },
    async run(stage) {
      await put(stage, { Value: '100', AllowedPattern: '\\d{1,4}' });
      await refused(put(stage, { Value: '10,000', Overwrite: true }), 'ParameterPatternMismatchException');
      expect(await put(stage, { Value: '200', Overwrite: true })).toMatchObject({ Version: 2 });
      expect(await put(stage, { Value: '10,000', AllowedPattern: '', Overwrite: true })).toMatchObject({ Version: 3 });
      expect(await put(stage, { Value: 'any', Overwrite: true })).toMatchObject({ Version: 4 });
    },
  },
  {
    title: 'an overwrite refused for its pattern leaves value, version and pattern as they were',
    cites: 'API_PutParameter: ParameterPatternMismatchException',
    departs: { emulator: 'ignores the pattern, and writes' },
    async run(stage) {
      await put(stage);
      await refused(put(stage, { AllowedPattern: '^$', Overwrite: true }), 'ParameterPatternMismatchException');
      expect(await read(stage)).toMatchObject({ Value: 'v', Version: 1 });
      expect(await put(stage, { Value: 'w', Overwrite: true })).toMatchObject({ Version: 2 });
    },
  },
  {
    title: 'a key that does not exist is refused',
    cites: 'API_PutParameter: InvalidKeyId',
    departs: { emulator: 'takes any key id' },
    run: (stage) => refused(put(stage, { Type: 'SecureString', KeyId: 'alias/does-not-exist' }), 'InvalidKeyId'),
  },
  {
    title: 'a key is refused for a type that is not SecureString',
    cites: 'API_PutParameter: KeyId is for SecureString only',
    departs: { emulator: 'takes it' },
    run: (stage) => refused(put(stage, { KeyId: stage.keyArn }), 'ValidationException'),
  },
  {
    title: '100 versions are kept, the 101st pushes out the first',
    cites: 'Working with parameter versions (User Guide): the most recent 100',
    async run(stage) {
      await put(stage);
      for (let version = 2; version <= 101; version += 1) await put(stage, { Value: `v${version}`, Overwrite: true });
      expect(await read(stage, `${stage.path}/p:2`)).toMatchObject({ Value: 'v2' });
      await refused(read(stage, `${stage.path}/p:1`), 'ParameterVersionNotFound');
    },
  },
]);
