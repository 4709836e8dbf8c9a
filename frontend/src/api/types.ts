/** The server's types, each named once. They are generated from openapi.json. */

import type { components } from "./schema";

/** Tuples come out of openapi-fetch as plain arrays. */
type Plain<T> = T extends readonly (infer E)[] ? Plain<E>[] : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;

type Schemas = { [K in keyof components["schemas"]]: Plain<components["schemas"][K]> };

export type ErrorOut = Schemas["ErrorOut"];
export type Problem = Schemas["ProblemOut"];
export type Me = Schemas["MeOut"];
export type User = Schemas["UserOut"];
export type ApiKey = Schemas["ApiKeyOut"];
export type NewApiKey = Schemas["NewApiKeyOut"];
export type Dataset = Schemas["DatasetOut"];
export type DatasetDetail = Schemas["DatasetDetailOut"];
export type Version = Schemas["VersionOut"];
export type VersionDiff = Schemas["VersionDiffOut"];
export type ItemChange = Schemas["ItemChangeOut"];
export type Item = Schemas["ItemOut"];
export type ItemFull = Schemas["ItemFullOut"];
export type ItemDetail = Schemas["ItemDetailOut"];
export type ItemCard = Schemas["ItemCardOut"];
export type ItemsPage = Schemas["ItemsPageOut"];
export type Annotation = Schemas["AnnotationOut"];
export type Facets = Schemas["FacetsOut"];
export type Finding = Schemas["FindingOut"];
export type FindingsPage = Schemas["FindingsPageOut"];
export type FindingsSummary = Schemas["FindingsSummaryOut"];
export type FindingAction = Schemas["ActionRecordOut"];
export type RuleCounts = Schemas["RuleCountsOut"];
export type Rule = Schemas["RuleOut"];
export type RuleRate = Schemas["RuleRateOut"];
export type RuleDetail = Schemas["RuleDetailOut"];
export type Format = Schemas["FormatOut"];
export type Job = Schemas["JobOut"];
export type JobDetail = Schemas["JobDetailOut"];
export type Lineage = Schemas["LineageOut"];
export type SeverityCounts = Schemas["SeverityCounts"];

export type Severity = Finding["severity"];
export type FindingState = Finding["state"];
export type ActionKind = FindingAction["kind"];
export type JobState = Job["state"];
