/** What is sealed before it comes to rest: data keys of tasks, and keys that are good for one answer. */
export { alsoOpening, type KeyFile, keyFileWrapping } from '../sealing/key-file.ts';
export { type DataKeyCount, dataKeyCounts, moveDataKeys, type NotMoved } from '../sealing/move.ts';
export { createOneTimeKey, type OneTimeKey, type SealedFor, sealOnce } from '../sealing/one-time-key.ts';
export { type DataKeyOwner, type DataKeyRewrapping, type DataKeyWrapping, type WrappedDataKey } from '../sealing/wrapping.ts';
