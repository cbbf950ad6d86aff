import recorded from '../../../crates/procfs/tests/reports/failure_order_10.txt?raw';

/** What a real 5.10.35 kernel logged. */
export const EXAMPLE: string = recorded;
