/** Atomic writing lives with the lowest layer that writes files. */
export { type FileContent, writeFileAtomically } from '../data/atomic-file.ts';
