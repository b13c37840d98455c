// What a report says is computed in the workbench; this room draws it.
export type {
  ReportCandidate,
  ReportComputed,
  ReportData,
  ReportMatch,
  ReportValidity,
} from "../workbench/report-data.js";
