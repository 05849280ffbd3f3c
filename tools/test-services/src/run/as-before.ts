import { afterAll } from 'vitest';

// The files of a project share processes, and the AWS SDK reads the environment of its process: what one file sets there is not the next one's.
const before = { ...process.env };
afterAll(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, before);
});
