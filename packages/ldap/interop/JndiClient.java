import java.io.FileInputStream;
import java.nio.charset.StandardCharsets;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Hashtable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.naming.Context;
import javax.naming.NamingEnumeration;
import javax.naming.NamingException;
import javax.naming.directory.Attribute;
import javax.naming.directory.Attributes;
import javax.naming.directory.BasicAttribute;
import javax.naming.directory.BasicAttributes;
import javax.naming.directory.DirContext;
import javax.naming.directory.InitialDirContext;
import javax.naming.directory.ModificationItem;
import javax.naming.directory.SearchControls;
import javax.naming.directory.SearchResult;
import javax.naming.event.EventDirContext;
import javax.naming.event.NamingExceptionEvent;
import javax.naming.ldap.Control;
import javax.naming.ldap.ExtendedRequest;
import javax.naming.ldap.ExtendedResponse;
import javax.naming.ldap.InitialLdapContext;
import javax.naming.ldap.LdapContext;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.PagedResultsControl;
import javax.naming.ldap.PagedResultsResponseControl;
import javax.naming.ldap.SortControl;
import javax.naming.ldap.SortKey;
import javax.naming.ldap.SortResponseControl;
import javax.naming.ldap.StartTlsRequest;
import javax.naming.ldap.StartTlsResponse;
import javax.naming.ldap.UnsolicitedNotificationEvent;
import javax.naming.ldap.UnsolicitedNotificationListener;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/** What JNDI sees of a server. Arguments are name=value pairs; prints one JSON object with what each scenario found. */
public class JndiClient {
  private static final Map<String, String> given = new TreeMap<>();

  private interface Scenario {
    Object run() throws Exception;
  }

  public static void main(String[] arguments) throws Exception {
    for (String argument : arguments) {
      int at = argument.indexOf('=');
      given.put(argument.substring(0, at), argument.substring(at + 1));
    }
    trust(given.get("ca"));
    Map<String, Scenario> scenarios = new LinkedHashMap<>();
    if (given.containsKey("revoked")) {
      scenarios.put("revoked", JndiClient::revoked);
    } else if (given.containsKey("admin")) {
      scenarios.put("writes", JndiClient::writes);
    } else {
      scenarios.put("scopes", JndiClient::scopes);
      scenarios.put("referrals", JndiClient::referrals);
      scenarios.put("attributes", JndiClient::attributes);
      scenarios.put("awkward", JndiClient::awkward);
      scenarios.put("schema", JndiClient::schema);
      scenarios.put("compare", JndiClient::compare);
      scenarios.put("startTls", JndiClient::startTls);
      scenarios.put("ldaps", JndiClient::ldaps);
      scenarios.put("pool", JndiClient::pool);
      scenarios.put("paged", JndiClient::paged);
      scenarios.put("sorted", JndiClient::sorted);
      scenarios.put("errors", JndiClient::errors);
    }
    Map<String, Object> found = new LinkedHashMap<>();
    for (Map.Entry<String, Scenario> one : scenarios.entrySet()) {
      found.put(one.getKey(), outcome(one.getValue()));
    }
    System.out.write(json(found).getBytes(StandardCharsets.UTF_8));
    System.out.println();
    System.exit(0);
  }

  /** Adds a person and a group, changes, renames and deletes them, as an administrator. */
  private static Object writes() throws Exception {
    DirContext context = new InitialDirContext(environment("plain", "admin", given.get("admin")));
    String kay = "uid=kay," + given.get("users");
    String kathleen = "uid=kathleen," + given.get("users");
    String group = "cn=computers," + given.get("groups");
    BasicAttributes person = new BasicAttributes(true);
    BasicAttribute classes = new BasicAttribute("objectClass", "top");
    classes.add("inetOrgPerson");
    person.put(classes);
    person.put("cn", "Kay McNulty");
    person.put("sn", "McNulty");
    person.put("userPassword", "differential analyzers of steel".getBytes(StandardCharsets.UTF_8));
    Map<String, Object> found = new LinkedHashMap<>();
    context.createSubcontext(kay, person).close();
    found.put("again", failure(() -> context.createSubcontext(kay, person)));
    BasicAttributes members = new BasicAttributes(true);
    members.put("objectClass", "groupOfNames");
    members.put("member", kay);
    context.bind(group, null, members);
    context.modifyAttributes(kay, new ModificationItem[] {
      new ModificationItem(DirContext.REPLACE_ATTRIBUTE, new BasicAttribute("title", "Programmer")),
      new ModificationItem(DirContext.ADD_ATTRIBUTE, new BasicAttribute("mail", "kay@example.com")),
      new ModificationItem(DirContext.REMOVE_ATTRIBUTE, new BasicAttribute("userPassword")),
    });
    found.put("missing", failure(() -> {
      context.modifyAttributes(kay, DirContext.REMOVE_ATTRIBUTE, new BasicAttributes("o", null));
      return null;
    }));
    context.rename(kay, kathleen);
    Attributes shown = context.getAttributes(kathleen, new String[] {"title", "mail", "memberOf"});
    found.put("shown", List.of(shown.get("title").get(), shown.get("mail").get(), shown.get("memberOf").get()));
    context.destroySubcontext(kathleen);
    context.unbind(group);
    found.put("gone", failure(() -> context.getAttributes(kathleen)));
    context.close();
    return found;
  }

  private static Object outcome(Scenario scenario) {
    try {
      return scenario.run();
    } catch (Exception error) {
      return error.getClass().getSimpleName() + ": " + error.getMessage();
    }
  }

  private static String failure(Scenario scenario) {
    try {
      scenario.run();
      return "none";
    } catch (Exception error) {
      return error.getClass().getSimpleName();
    }
  }

  private static void trust(String file) throws Exception {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    try (FileInputStream in = new FileInputStream(file)) {
      store.setCertificateEntry("ca", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    SSLContext.setDefault(context);
  }

  private static Hashtable<String, Object> environment(String url, String principal, String password) {
    Hashtable<String, Object> environment = new Hashtable<>();
    environment.put(Context.INITIAL_CONTEXT_FACTORY, "com.sun.jndi.ldap.LdapCtxFactory");
    environment.put(Context.PROVIDER_URL, given.get(url));
    environment.put("com.sun.jndi.ldap.read.timeout", "10000");
    if (principal != null) {
      environment.put(Context.SECURITY_AUTHENTICATION, "simple");
      environment.put(Context.SECURITY_PRINCIPAL, "uid=" + principal + "," + given.get("users"));
      environment.put(Context.SECURITY_CREDENTIALS, password);
    }
    return environment;
  }

  private static Hashtable<String, Object> asGrace() {
    return environment("plain", "grace", given.get("grace"));
  }

  private static List<String> names(NamingEnumeration<SearchResult> results) throws NamingException {
    List<String> names = new ArrayList<>();
    while (results.hasMore()) names.add(results.next().getNameInNamespace());
    return names;
  }

  private static SearchControls controls(int scope, String... attributes) {
    return new SearchControls(scope, 0, 0, attributes, false, false);
  }

  private static Object scopes() throws Exception {
    DirContext context = new InitialDirContext(asGrace());
    Map<String, Object> found = new LinkedHashMap<>();
    String base = given.get("base");
    found.put("object", names(context.search(base, "(objectClass=*)", controls(SearchControls.OBJECT_SCOPE, "dc"))).size());
    found.put("level", names(context.search(base, "(objectClass=*)", controls(SearchControls.ONELEVEL_SCOPE, "dc"))).size());
    found.put("subtree", names(context.search(base, "(objectClass=*)", controls(SearchControls.SUBTREE_SCOPE, "dc"))).size());
    Object[] values = {"*Nov\u00e1kov\u00e1*", "Zofka)"};
    found.put("arguments", names(context.search(given.get("users"), "(&(cn=*{0}*)(cn=*{1}*))", values, controls(SearchControls.SUBTREE_SCOPE, "cn"))));
    context.close();
    return found;
  }

  /** JNDI sends ManageDsaIT with every search unless it is to follow referrals. */
  private static Object referrals() throws Exception {
    List<Object> counts = new ArrayList<>();
    for (String mode : List.of("ignore", "follow", "throw")) {
      Hashtable<String, Object> environment = asGrace();
      environment.put(Context.REFERRAL, mode);
      DirContext context = new InitialDirContext(environment);
      counts.add(names(context.search(given.get("base"), "(objectClass=*)", controls(SearchControls.SUBTREE_SCOPE, "1.1"))).size());
      context.close();
    }
    return counts;
  }

  private static Object attributes() throws Exception {
    Hashtable<String, Object> environment = asGrace();
    environment.put("java.naming.ldap.attributes.binary", "entryUUID");
    DirContext context = new InitialDirContext(environment);
    Attributes shown = context.getAttributes("uid=ada," + given.get("users"), new String[] {"*", "+"});
    Map<String, Object> found = new LinkedHashMap<>();
    for (String name : List.of("MAIL", "cn", "memberOf", "sshPublicKey")) {
      Attribute attribute = shown.get(name);
      List<Object> values = new ArrayList<>();
      for (int i = 0; i < attribute.size(); i++) values.add(attribute.get(i));
      found.put(attribute.getID(), values);
    }
    found.put("entryUUID", new String((byte[]) shown.get("entryUUID").get(), StandardCharsets.US_ASCII));
    context.close();
    return found;
  }

  private static Object awkward() throws Exception {
    DirContext context = new InitialDirContext(asGrace());
    List<Object> found = new ArrayList<>();
    LdapName name = new LdapName(given.get("awkward"));
    found.add(context.getAttributes(name).get("cn").get());
    found.add(name.getRdn(name.size() - 1).getValue());
    Object[] values = {given.get("awkward")};
    found.add(names(context.search(given.get("users"), "(memberOf={0})", values, controls(SearchControls.SUBTREE_SCOPE, "uid"))).get(0));
    context.close();
    return found;
  }

  private static Object schema() throws Exception {
    DirContext context = new InitialDirContext(asGrace());
    Map<String, Object> found = new LinkedHashMap<>();
    DirContext root = context.getSchema("");
    Attributes person = root.getAttributes("ClassDefinition/inetOrgPerson");
    found.put("class", person.get("NAME").get());
    found.put("superior", person.get("SUP").get());
    found.put("oid", root.getAttributes("AttributeDefinition/entryUUID").get("NUMERICOID").get());
    found.put("syntax", root.getAttributes("SyntaxDefinition/1.3.6.1.4.1.1466.115.121.1.12").get("DESC").get());
    found.put("rule", root.getAttributes("MatchingRule/caseIgnoreMatch").get("NUMERICOID").get());
    Attribute uid = context.getAttributes("uid=ada," + given.get("users")).get("uidNumber");
    found.put("of uidNumber", uid.getAttributeDefinition().getAttributes("").get("SYNTAX").get());
    found.put("syntax of uidNumber", uid.getAttributeSyntaxDefinition().getAttributes("").get("DESC").get());
    List<Object> classes = new ArrayList<>();
    NamingEnumeration<SearchResult> of = context.getSchemaClassDefinition("uid=ada," + given.get("users")).search("", null);
    while (of.hasMore()) classes.add(of.next().getAttributes().get("NAME").get());
    classes.sort(null);
    found.put("classes of ada", classes);
    context.close();
    return found;
  }

  /** A search of the object alone, for one value and no attributes, becomes a compare request. */
  private static Object compare() throws Exception {
    DirContext context = new InitialDirContext(asGrace());
    List<Object> found = new ArrayList<>();
    for (String uid : List.of("ada", "mallory")) {
      Object[] values = {"uid=" + uid + "," + given.get("users")};
      found.add(names(context.search("cn=staff," + given.get("groups"), "(member={0})", values, controls(SearchControls.OBJECT_SCOPE))).size());
    }
    context.close();
    return found;
  }

  private static Object whoAmI(LdapContext context) throws Exception {
    ExtendedResponse response = context.extendedOperation(new WhoAmI());
    return new String(response.getEncodedValue(), StandardCharsets.UTF_8);
  }

  private static LdapContext overStartTls(String username) throws Exception {
    LdapContext context = new InitialLdapContext(environment("ldap", null, null), null);
    StartTlsResponse tls = (StartTlsResponse) context.extendedOperation(new StartTlsRequest());
    tls.negotiate();
    context.addToEnvironment(Context.SECURITY_AUTHENTICATION, "simple");
    context.addToEnvironment(Context.SECURITY_PRINCIPAL, "uid=" + username + "," + given.get("users"));
    context.addToEnvironment(Context.SECURITY_CREDENTIALS, given.get(username));
    context.reconnect(null);
    return context;
  }

  private static Object startTls() throws Exception {
    LdapContext context = overStartTls("ada");
    Object answer = whoAmI(context);
    context.close();
    return answer;
  }

  private static Object ldaps() throws Exception {
    LdapContext context = new InitialLdapContext(environment("ldaps", "grace", given.get("grace")), null);
    Object answer = whoAmI(context);
    context.close();
    return answer;
  }

  private static Object pool() throws Exception {
    List<String> found = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      String username = i % 2 == 0 ? "ada" : "grace";
      Hashtable<String, Object> environment = environment("plain", username, given.get(username));
      environment.put("com.sun.jndi.ldap.connect.pool", "true");
      LdapContext context = new InitialLdapContext(environment, null);
      found.add((String) whoAmI(context));
      context.close();
    }
    return found.stream().distinct().toList();
  }

  private static Object paged() throws Exception {
    LdapContext context = new InitialLdapContext(asGrace(), null);
    List<String> found = new ArrayList<>();
    byte[] cookie = null;
    do {
      context.setRequestControls(new Control[] {new PagedResultsControl(6, cookie, Control.CRITICAL)});
      found.addAll(names(context.search(given.get("base"), "(objectClass=*)", controls(SearchControls.SUBTREE_SCOPE, "1.1"))));
      cookie = null;
      Control[] answered = context.getResponseControls();
      if (answered != null) {
        for (Control control : answered) {
          if (control instanceof PagedResultsResponseControl page) cookie = page.getCookie();
        }
      }
    } while (cookie != null);
    context.close();
    return found.stream().distinct().count();
  }

  /** Pages of people by number, and those without one by surname, the last first. */
  private static Object sorted() throws Exception {
    LdapContext context = new InitialLdapContext(asGrace(), null);
    List<List<String>> pages = new ArrayList<>();
    byte[] cookie = null;
    do {
      SortKey[] keys = {new SortKey("uidNumber", true, "integerOrderingMatch"), new SortKey("sn", false, null)};
      context.setRequestControls(
          new Control[] {new SortControl(keys, Control.CRITICAL), new PagedResultsControl(4, cookie, Control.CRITICAL)});
      pages.add(names(context.search(given.get("users"), "(uid=*)", controls(SearchControls.SUBTREE_SCOPE, "1.1"))));
      cookie = null;
      boolean isSorted = false;
      for (Control control : context.getResponseControls()) {
        if (control instanceof PagedResultsResponseControl page) cookie = page.getCookie();
        if (control instanceof SortResponseControl sort) isSorted = sort.isSorted();
      }
      if (!isSorted) throw new IllegalStateException("not sorted");
    } while (cookie != null);
    context.setRequestControls(new Control[] {new SortControl("noSuch", Control.NONCRITICAL)});
    int all = names(context.search(given.get("users"), "(uid=*)", controls(SearchControls.SUBTREE_SCOPE, "1.1"))).size();
    SortResponseControl why = (SortResponseControl) context.getResponseControls()[0];
    context.close();
    return List.of(pages, all, why.getResultCode(), why.getAttributeID());
  }

  private static Object errors() throws Exception {
    Map<String, Object> found = new LinkedHashMap<>();
    found.put("wrong password", failure(() -> new InitialDirContext(environment("plain", "ada", "not the password"))));
    found.put("outside", failure(() -> new InitialDirContext(environment("plain", "mallory", given.get("mallory")))));
    found.put("suspended", failure(() -> new InitialDirContext(environment("plain", "sam", given.get("sam")))));
    found.put("no password", failure(() -> new InitialDirContext(environment("plain", "ada", ""))));
    found.put("in clear", failure(() -> new InitialDirContext(environment("ldap", "ada", given.get("ada")))));
    DirContext context = new InitialDirContext(asGrace());
    found.put("nobody", failure(() -> context.getAttributes("uid=nobody," + given.get("users"))));
    SearchControls two = new SearchControls(SearchControls.SUBTREE_SCOPE, 2, 0, null, false, false);
    found.put("size limit", failure(() -> names(context.search(given.get("base"), "(objectClass=*)", two))));
    DirContext anonymous = new InitialDirContext(environment("plain", null, null));
    found.put("anonymous", failure(() -> anonymous.getAttributes(given.get("users"))));
    found.put("after all that", names(context.search(given.get("users"), "(uid=ada)", controls(SearchControls.SUBTREE_SCOPE, "uid"))).size());
    return found;
  }

  /** Says that it is bound, and waits to be told that it no longer is. */
  private static Object revoked() throws Exception {
    LdapContext context = overStartTls("ada");
    CompletableFuture<Map<String, Object>> told = new CompletableFuture<>();
    EventDirContext events = (EventDirContext) context.lookup("");
    events.addNamingListener("", EventDirContext.SUBTREE_SCOPE, new UnsolicitedNotificationListener() {
      @Override
      public void notificationReceived(UnsolicitedNotificationEvent event) {
        Map<String, Object> notice = new LinkedHashMap<>();
        notice.put("oid", event.getNotification().getID());
        notice.put("error", String.valueOf(event.getNotification().getException()));
        told.complete(notice);
      }

      @Override
      public void namingExceptionThrown(NamingExceptionEvent event) {
        told.complete(Collections.singletonMap("error", event.getException().toString()));
      }
    });
    System.out.println("bound");
    return told.get(20, TimeUnit.SECONDS);
  }

  /** RFC 4532. */
  private static class WhoAmI implements ExtendedRequest {
    @Override
    public String getID() {
      return "1.3.6.1.4.1.4203.1.11.3";
    }

    @Override
    public byte[] getEncodedValue() {
      return null;
    }

    @Override
    public ExtendedResponse createExtendedResponse(String id, byte[] value, int offset, int length) {
      byte[] octets = value == null ? new byte[0] : Arrays.copyOfRange(value, offset, offset + length);
      return new ExtendedResponse() {
        @Override
        public String getID() {
          return id;
        }

        @Override
        public byte[] getEncodedValue() {
          return octets;
        }
      };
    }
  }

  private static String json(Object value) {
    if (value instanceof Map<?, ?> map) {
      List<String> parts = new ArrayList<>();
      map.forEach((key, one) -> parts.add(json(key) + ":" + json(one)));
      return "{" + String.join(",", parts) + "}";
    }
    if (value instanceof Iterable<?> list) {
      List<String> parts = new ArrayList<>();
      list.forEach(one -> parts.add(json(one)));
      return "[" + String.join(",", parts) + "]";
    }
    if (value == null || value instanceof Number || value instanceof Boolean) return String.valueOf(value);
    StringBuilder text = new StringBuilder("\"");
    for (char c : value.toString().toCharArray()) {
      if (c == '"' || c == '\\') text.append('\\').append(c);
      else if (c < 0x20) text.append(String.format("\\u%04x", (int) c));
      else text.append(c);
    }
    return text.append('"').toString();
  }
}
