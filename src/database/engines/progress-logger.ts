import type { Logger } from "typeorm";

/** Passes on the progress that migrations log through TypeORM's logger; ignores everything else. */
export class ProgressLogger implements Logger {
  constructor(readonly onProgress: (text: string) => void) {}

  logMigration(message: string): void {
    this.onProgress(message);
  }

  logQuery(): void {
    return;
  }

  logQueryError(): void {
    return;
  }

  logQuerySlow(): void {
    return;
  }

  logSchemaBuild(): void {
    return;
  }

  log(): void {
    return;
  }
}
