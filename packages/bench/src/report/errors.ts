import { defineError } from '@ddmq/common/errors'

/** A file is not a report of this version; name one that `ddmq bench report` wrote, or measure again. */
export class ReportInvalidError extends defineError('BENCH_REPORT_INVALID', {
  retryable: false,
  httpStatus: 400,
}) {}

/** A quick and a full report have no measurement in common; compare two of the same kind. */
export class ReportsDifferError extends defineError('BENCH_REPORTS_DIFFER', {
  retryable: false,
  httpStatus: 400,
}) {}
