import { hasCode } from '@rcm/telemetry';

/** What lies in one place of many; `null` also where it is no payload, as a person may have saved there: that says nothing of the others. */
export async function unlessNoPayload<T>(read: () => Promise<T | null>): Promise<T | null> {
  try {
    return await read();
  } catch (error) {
    if (hasCode(error, 'payload_invalid')) return null;
    throw error;
  }
}
