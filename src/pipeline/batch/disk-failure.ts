/** Which failures of writing are those of one file, and which of the whole disk. */
import type { TwotimeError } from '../../base/errors.ts';

/** A full or broken disk fails every job after this one too; a single file in the way does not. */
export function concernsAllJobs({ tag, cause }: TwotimeError): boolean {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  return tag === 'OutputFailed' && typeof code === 'string' && ['ENOSPC', 'EDQUOT', 'EROFS', 'EIO'].includes(code);
}
