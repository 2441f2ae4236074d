// Answers about schemas with Apache Avro's own library: one request a line, one answer a line, fields tab-separated
// and base64-coded. parse: canonical form, fingerprint, text. check: reader, writer, types and locations.
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.apache.avro.Schema;
import org.apache.avro.SchemaCompatibility;
import org.apache.avro.SchemaNormalization;

public class AvroOracle {
  static String decode(String text) {
    return new String(Base64.getDecoder().decode(text), StandardCharsets.UTF_8);
  }

  static String encode(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.UTF_8));
  }

  static Schema parse(String text) {
    return new Schema.Parser().parse(decode(text));
  }

  static String answer(String[] request) {
    try {
      if (request[0].equals("parse")) {
        Schema schema = parse(request[1]);
        String form = SchemaNormalization.toParsingForm(schema);
        return "ok\t" + encode(form) + "\t" + SchemaNormalization.parsingFingerprint64(schema) + "\t"
            + encode(schema.toString());
      }
      StringBuilder found = new StringBuilder("ok");
      SchemaCompatibility.SchemaCompatibilityResult result = SchemaCompatibility
          .checkReaderWriterCompatibility(parse(request[1]), parse(request[2])).getResult();
      for (SchemaCompatibility.Incompatibility one : result.getIncompatibilities()) {
        found.append("\t").append(encode(one.getType() + " " + one.getLocation() + " " + one.getMessage()));
      }
      return found.toString();
    } catch (Throwable error) {
      return "error\t" + encode(error.getClass().getSimpleName() + ": " + error.getMessage());
    }
  }

  public static void main(String[] arguments) throws Exception {
    BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    PrintStream out = new PrintStream(System.out, false, "UTF-8");
    for (String line = in.readLine(); line != null; line = in.readLine()) {
      out.println(answer(line.split("\t")));
      out.flush();
    }
  }
}
