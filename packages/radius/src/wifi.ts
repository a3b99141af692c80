export { appleProfile } from "./wifi/apple-profile.ts";
export {
  CertificateAuthority,
  type CertificateAuthorityOptions,
  type ClientCertificateOptions,
  createCertificateAuthority,
  type IssuedCertificate,
  openCertificateAuthority,
  type RevocationListOptions,
  type RevokedSerial,
  type ServerCertificateOptions,
  type StoredCertificateAuthority,
} from "./wifi/certificate-authority.ts";
export {
  type DeviceCertificate,
  type DeviceCertificateOptions,
  deviceCertificatesOf,
  type IssuedDevice,
  issueDeviceCertificate,
} from "./wifi/device-certificates.ts";
export { eapConfig } from "./wifi/eap-config.ts";
export { networkManagerConnection } from "./wifi/network-manager.ts";
export { createPkcs12, type Pkcs12Options } from "./wifi/pkcs12.ts";
export type { CertificateLogin, PasswordLogin, WifiLogin, WifiNetwork } from "./wifi/wifi-profile.ts";
export { windowsProfile } from "./wifi/windows-profile.ts";
export { wpaSupplicantConfiguration } from "./wifi/wpa-supplicant.ts";
