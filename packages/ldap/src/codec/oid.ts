/** Object identifiers of controls, by the names of their specifications. */
export const ControlOid = {
  /** RFC 2696. */
  pagedResults: "1.2.840.113556.1.4.319",
  /** RFC 2891. */
  sortRequest: "1.2.840.113556.1.4.473",
  /** RFC 2891. */
  sortResponse: "1.2.840.113556.1.4.474",
  /** RFC 3296; without a value. */
  manageDsaIT: "2.16.840.1.113730.3.4.2",
  /** RFC 3672. */
  subentries: "1.3.6.1.4.1.4203.1.10.1",
  /** RFC 3876. */
  valuesReturnFilter: "1.2.826.0.1.3344810.2.3",
  /** RFC 4370. */
  proxiedAuthorization: "2.16.840.1.113730.3.4.18",
  /** RFC 4527. */
  preRead: "1.3.6.1.1.13.1",
  /** RFC 4527. */
  postRead: "1.3.6.1.1.13.2",
  /** RFC 4528. */
  assertion: "1.3.6.1.1.12",
  /** RFC 4533. */
  syncRequest: "1.3.6.1.4.1.4203.1.9.1.1",
  /** RFC 4533. */
  syncState: "1.3.6.1.4.1.4203.1.9.1.2",
  /** RFC 4533. */
  syncDone: "1.3.6.1.4.1.4203.1.9.1.3",
  /** draft-ietf-ldapext-ldapv3-vlv-09. */
  virtualListViewRequest: "2.16.840.1.113730.3.4.9",
  /** draft-ietf-ldapext-ldapv3-vlv-09. */
  virtualListViewResponse: "2.16.840.1.113730.3.4.10",
  /** draft-masarati-ldap-deref-00. */
  dereference: "1.3.6.1.4.1.4203.666.5.16",
  /** draft-ietf-ldapext-psearch-03. */
  persistentSearch: "2.16.840.1.113730.3.4.3",
  /** draft-ietf-ldapext-psearch-03; on entries of a persistent search. */
  entryChangeNotification: "2.16.840.1.113730.3.4.7",
  /** draft-behera-ldap-password-policy-10; request without a value. */
  passwordPolicy: "1.3.6.1.4.1.42.2.27.8.5.1",
  /** Active Directory; sent by .NET clients, without a value. */
  domainScope: "1.2.840.113556.1.4.1339",
} as const;

/** Object identifiers of extended operations and of messages that servers send unasked. */
export const ExtendedOid = {
  /** RFC 4511 §4.14. */
  startTls: "1.3.6.1.4.1.1466.20037",
  /** RFC 4511 §4.4.1; a response without a request. */
  noticeOfDisconnection: "1.3.6.1.4.1.1466.20036",
  /** RFC 3062. */
  passwordModify: "1.3.6.1.4.1.4203.1.11.1",
  /** RFC 4532; the response's value is an authzId, in UTF-8 without BER. */
  whoAmI: "1.3.6.1.4.1.4203.1.11.3",
  /** RFC 3909. */
  cancel: "1.3.6.1.1.8",
  /** RFC 4533 §2.5; an intermediate response. */
  syncInfo: "1.3.6.1.4.1.4203.1.9.1.4",
} as const;

/** Object identifiers of features for supportedFeatures of the root DSE. */
export const FeatureOid = {
  /** RFC 3673: `+` selects all operational attributes. */
  allOperationalAttributes: "1.3.6.1.4.1.4203.1.5.1",
  /** RFC 4529: `@class` selects the attributes of an object class. */
  attributesByObjectClass: "1.3.6.1.4.1.4203.1.5.2",
  /** RFC 4526. */
  absoluteTrueAndFalseFilters: "1.3.6.1.4.1.4203.1.5.3",
  /** RFC 3866. */
  languageTagOptions: "1.3.6.1.4.1.4203.1.5.4",
  /** RFC 3866. */
  languageRangeOptions: "1.3.6.1.4.1.4203.1.5.5",
  /** RFC 4525. */
  modifyIncrement: "1.3.6.1.1.14",
} as const;
