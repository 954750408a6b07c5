package dev.argot.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.parsers.ParserConfigurationException;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathExpressionException;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;
import org.xml.sax.SAXException;

/** The artifacts an application names: the BOM lists what is published, the starter brings what runs. */
class PublicationTest {
    private static final String MANAGED = "/project/dependencyManagement/dependencies/dependency[groupId='dev.argot']";

    @Test
    void bom_listsEveryPublishedArtifact() throws Exception {
        Document root = pom(Reactor.ROOT);
        Document bom = pom(Reactor.ROOT.resolve("bom"));
        var published = new TreeSet<String>();
        for (String module : texts(root, "/project/modules/module")) {
            Document pom = pom(Reactor.ROOT.resolve(module));
            boolean skipped =
                    texts(pom, "/project/properties/maven.deploy.skip").contains("true");
            if (!skipped && !module.equals("bom")) {
                published.addAll(texts(pom, "/project/artifactId"));
            }
        }

        assertThat(new TreeSet<>(texts(bom, MANAGED + "/artifactId"))).isEqualTo(published);
        assertThat(new TreeSet<>(texts(root, MANAGED + "/artifactId"))).isEqualTo(published);
        assertThat(texts(bom, "/project/version")).isEqualTo(texts(root, "/project/version"));
    }

    @Test
    void starter_bringsApiRuntimeModelsEngineAndTokenizers() throws Exception {
        assertThat(texts(pom(Reactor.ROOT.resolve("starter")), "/project/dependencies/dependency/artifactId"))
                .containsExactly(
                        "argot-api",
                        "argot-core",
                        "argot-models",
                        "argot-engine-gpu",
                        "argot-tokenizers-huggingface",
                        "argot-tokenizers-lucene");
    }

    private static Document pom(Path folder) throws ParserConfigurationException, SAXException, IOException {
        return DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(folder.resolve("pom.xml").toFile());
    }

    private static List<String> texts(Document pom, String path) throws XPathExpressionException {
        NodeList nodes =
                (NodeList) XPathFactory.newDefaultInstance().newXPath().evaluate(path, pom, XPathConstants.NODESET);
        return java.util.stream.IntStream.range(0, nodes.getLength())
                .mapToObj(i -> nodes.item(i).getTextContent())
                .toList();
    }
}
