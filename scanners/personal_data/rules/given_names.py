# ruff: noqa: E501, SIM905 - a table reads best one row a line
"""Given names in Latin letters: the US Census of 1990 (public domain) and common ones of Britain and Germany.

Without those that prose also writes as words or places: Grace, Chase and Dallas are names only beside a cue.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files

GIVEN_NAMES = frozenset(
    """Aaron Abbey Abbie Abby Abdul Abe Abel Abigail Abraham Abram Achim Ada Adah Adalbert Adalberto Adaline Adam Adan Addie Adela Adelaida Adelaide
    Adele Adelheid Adelia Adelina Adeline Adell Adella Adelle Adena Adina Adolf Adolfo Adolph Adria Adrian Adriana Adriane Adrianna Adrianne Adrien
    Adriene Adrienne Afton Agatha Agnes Agnus Agripina Agueda Agustin Agustina Ahmad Ahmed Aida Aidan Aiko Aileen Ailene Aimee Aisha Aja Akiko Akilah
    Al Alaina Alaine Alan Alana Alane Alanna Alastair Alayna Albert Alberta Albertha Albertina Albertine Alberto Albina Albrecht Alda Alden Aldo
    Alease Alec Alecia Aleen Aleida Aleisha Alejandra Alejandrina Alejandro Aleksander Alena Alene Alesha Aleshia Alesia Alessandra Alessandro Aleta
    Aletha Alethea Alethia Alex Alexa Alexander Alexandra Alexandria Alexia Alexis Alfie Alfons Alfonso Alfonzo Alfred Alfreda Alfredia Alfredo Ali
    Alia Alica Alice Alicia Alida Alina Aline Alisa Alise Alisha Alishia Alisia Alison Alissa Alita Alix Aliza Allan Alleen Allegra Allen Allena
    Allene Allie Alline Allison Allyn Allyson Alma Almeda Almeta Alois Alona Alonso Alonzo Alphonse Alphonso Altagracia Altha Althea Alton Alva Alvaro
    Alvera Alverta Alvin Alvina Alwin Alyce Alycia Alysa Alyse Alysha Alysia Alyson Alyssa Amada Amado Amal Amalia Amalie Amanda Amber Amberly Ambrose
    Amee Amelia Amiee Amina Amira Amit Ammie Amos Amparo Amy Anabel Analisa Anamaria Ananya Anastacia Anastasia Andera Anderson Andra Andre Andrea
    Andreas Andree Andres Andrew Andria André Andy Anett Anette Angela Angele Angelena Angelia Angelic Angelica Angelika Angelina Angeline Angelique
    Angelita Angella Angelo Angelyn Angie Angila Angla Anglea Angus Anh Anibal Anika Anisa Anisha Anissa Anita Anitra Anja Anjanette Anjelica Anke Ann
    Anna Annabel Annabell Annabelle Annalee Annalisa Annamae Annamaria Annamarie Anne Annegret Annelie Anneliese Annelle Annemarie Annett Annetta
    Annette Anni Annice Annie Annika Annis Annita Annmarie Anthony Antione Antionette Antje Antoine Antoinette Anton Antone Antonetta Antonette
    Antonia Antonietta Antonina Antonio Antony Antwan Anya Apolonia Apryl Araceli Aracelis Aracely Arcelia Archie Ardath Ardelia Ardell Ardella
    Ardelle Arden Ardis Ardith Aretha Argelia Ariana Ariane Arianna Arianne Arica Arie Ariel Arielle Arjun Arla Arlean Arleen Arlena Arlene Arletha
    Arletta Arlette Arlie Arlinda Arline Arlyne Armand Armanda Armandina Armando Armida Armin Arminda Arne Arnetta Arnette Arnita Arno Arnold Arnoldo
    Arnulf Arnulfo Aron Arron Arthur Artie Arvilla Asha Ashanti Ashely Ashlea Ashlee Ashleigh Ashley Ashli Ashlie Ashly Ashlyn Ashton Asley Assunta
    Astrid Asuncion Athena Aubrey Audie Audra Audrea Audrey Audria Audrie Audry Auguste Augustina Augustine Augustus Aundrea Aurea Aurelia Aurelio
    Aurora Aurore Austin Ava Avelina Avery Avis Avril Awilda Axel Ayako Ayana Ayanna Ayesha Azalee Azucena Azzie Babette Bailey Bambi Bao Barabara
    Barbara Barbera Barbra Barney Barrett Barrie Barry Barton Basil Basilia Beata Beate Beatrice Beatris Beatrix Beatriz Beaulah Bebe Becki Beckie
    Becky Belen Belia Belinda Belkis Belva Ben Benedict Benedikt Benita Benito Benjamin Bennett Bennie Benno Benny Benton Berenice Berna Bernadette
    Bernadine Bernard Bernarda Bernardina Bernardine Bernardo Bernd Berneice Bernetta Bernhard Bernice Bernie Berniece Bernita Bert Berta Bertha
    Berthold Bertie Bertram Beryl Bess Bessie Beth Bethanie Bethann Bethany Bethel Betsey Betsy Bette Bettie Bettina Betty Bettyann Bettye Beula
    Beulah Bev Beverlee Beverley Beverly Bianca Bibi Billi Billie Billy Billye Birdie Birgit Birgitta Birte Björn Blaine Blair Blanca Blanch Blanche
    Blondell Blythe Bob Bobbi Bobbie Bobby Bobbye Bobette Bodo Bonita Bonnie Bonny Booker Boris Boyce Boyd Brad Bradford Bradley Bradly Brady Branda
    Brande Brandee Branden Brandi Brandie Brandon Brandy Brant Breana Breann Breanna Breanne Bree Brenda Brendan Brendon Brenna Brent Brenton Bret
    Brett Brian Briana Brianna Brianne Brice Bridget Bridgett Bridgette Brigette Brigid Brigida Brigitte Brinda Britany Britney Britni Britt Britta
    Brittaney Brittani Brittanie Brittany Britteny Brittney Brittni Brittny Brock Broderick Bronwyn Brooke Bruce Bruna Brunhilde Brunilda Bruno Bryan
    Bryanna Bryant Bryce Brynn Bryon Buddy Buffy Buford Bula Bulah Bunny Burkhard Burkhardt Burl Burt Burton Buster Byron Bärbel Caitlin Caitlyn
    Calandra Caleb Calista Callie Callum Calvin Camelia Cameron Cami Camie Camila Camilla Camille Cammie Cammy Candace Candance Candelaria Candi
    Candice Candida Candie Candis Candra Candyce Caprice Caren Carey Caridad Carie Carin Carina Carisa Carissa Carita Carl Carla Carlee Carleen
    Carlena Carlene Carletta Carley Carli Carlie Carline Carlita Carlo Carlos Carlota Carlotta Carlton Carly Carlyn Carma Carman Carmel Carmela
    Carmelia Carmelina Carmelita Carmella Carmelo Carmen Carmina Carmine Carmon Carol Carola Carolann Carole Carolee Carolin Caroline Caroll Carolyn
    Carolyne Carolynn Caron Caroyln Carri Carrie Carrol Carroll Carson Carsten Carter Cary Caryl Carylon Caryn Carys Casandra Casey Casie Casimira
    Cassandra Cassaundra Cassey Cassi Cassidy Cassie Cassondra Cassy Catalina Catarina Caterina Catharine Catherin Catherina Catherine Cathern
    Catheryn Cathey Cathi Cathie Cathleen Cathrine Cathryn Cathy Catina Catrice Catrina Cayla Cecelia Cecil Cecila Cecile Cecilia Cecille Cecily
    Cedric Cedrick Celena Celesta Celeste Celestina Celestine Celia Celina Celinda Celine Celsa Ceola Cesar Chad Chadwick Chae Chana Chanda Chandra
    Chanel Chanell Chanelle Chang Chantal Chantay Chante Chantel Chantell Chantelle Chara Charis Charise Charissa Charisse Charita Charla Charleen
    Charlena Charlene Charles Charlesetta Charlette Charley Charlie Charline Charlott Charlotte Charlsie Charlyn Charmain Charmaine Charolette Chas
    Chasidy Chasity Chassidy Chastity Chauncey Chaya Chelsea Chelsey Chelsie Chere Cheree Cherelle Cheri Cherie Cherilyn Cherise Cherly Cherlyn Cherri
    Cherrie Cherryl Chery Cheryl Cheryle Cheryll Cheyenne Chia Chieko Ching Chiquita Chloe Chris Chrissy Christa Christal Christeen Christel Christen
    Christena Christene Christi Christia Christian Christiana Christiane Christie Christin Christina Christine Christinia Christoper Christoph
    Christopher Christy Chrystal Chuck Ciara Cicely Ciera Cierra Cinda Cindi Cindie Cindy Cinthia Cira Clair Claire Clara Clare Clarence Claretha
    Claretta Claribel Clarice Clarinda Clarine Clarisa Clarissa Clarita Clark Classie Claud Claude Claudette Claudia Claudie Claudine Claudio Claus
    Clayton Clelia Clemencia Clement Clemente Clementina Clementine Clemmie Cleo Cleopatra Cleora Cleotilde Cleta Cletus Clifford Clifton Clint
    Clinton Clive Clora Clorinda Clotilde Clyde Codi Cody Colby Cole Coleen Coleman Colene Coletta Colette Colin Colleen Collen Collene Collette
    Collin Colton Concepcion Concetta Concha Conchita Connie Conny Conor Conrad Constance Constanze Consuela Consuelo Cora Coralee Coralie Corazon
    Cordelia Cordell Cordia Cordie Cordula Coreen Corene Coretta Corey Cori Corie Corina Corine Corinna Corinne Corliss Cornelia Cornelius Corrie
    Corrin Corrina Corrine Corrinne Cortez Cortney Cory Courtney Coy Craig Creola Cris Criselda Crissy Crista Cristal Cristen Cristi Cristie Cristin
    Cristina Cristine Cristobal Cristopher Cristy Crysta Crystle Curt Curtis Cyndi Cyndy Cynthia Cyril Cyrstal Cyrus Cythia Cäcilie Dacia Dagmar Dagny
    Daina Daine Daisey Daisy Dalene Dalia Dalila Dalton Damaris Damian Damien Damion Damon Dan Dana Danae Dane Danelle Danette Dani Dania Danial
    Danica Daniel Daniela Daniele Daniell Daniella Danielle Danika Danille Danilo Danita Dann Danna Dannette Dannie Dannielle Danny Dante Danuta
    Danyel Danyell Danyelle Daphine Daphne Dara Darby Darcel Darcey Darci Darcie Darcy Darell Daren Daria Darin Dario Darius Darla Darleen Darlena
    Darlene Darline Darnell Daron Darrel Darrell Darren Darrick Darrin Darron Darryl Daryl Dave David Davida Davina Davis Dawna Dawne Dayle Dayna
    Daysi Deadra Dean Deana Deandra Deandre Deandrea Deane Deangelo Deann Deanna Deanne Deb Debbi Debbie Debbra Debby Debera Debi Debora Deborah Debra
    Debrah Debroah Declan Dede Dedra Deeann Deeanna Deedee Deedra Deena Deepak Deetta Deidra Deidre Deirdre Delaine Delana Delbert Delcie Delena
    Delfina Delia Delicia Delila Delilah Delinda Delisa Della Delma Delmar Delmer Delmy Delois Deloise Delora Deloras Delores Deloris Delorse Delpha
    Delphine Delsie Demarcus Demetra Demetria Demetrice Demetrius Dena Denae Deneen Denese Denice Denis Denise Denisha Denisse Denita Denna Dennis
    Dennise Denny Denyse Deon Deonna Derek Derick Derrick Deshawn Desirae Desiree Desmond Despina Dessie Detlef Detra Devin Devon Devona Devora
    Devorah Dewayne Dewey Dewitt Dexter Dian Diana Diane Diann Dianna Dianne Dick Diedra Diedre Diego Dierdre Dieter Dietlinde Dietmar Dietrich Digna
    Dillon Dina Dinah Dinorah Dion Dione Dionna Dionne Dirk Dixie Dmitri Dodie Dolly Dolores Doloris Domenic Domenica Dominga Domingo Dominic Dominick
    Dominik Dominique Dominque Domitila Domonique Don Dona Donald Donella Donetta Donette Donita Donn Donna Donnell Donnetta Donnette Donnie Donny
    Donovan Donte Donya Dora Dorathy Dorcas Doreatha Doreen Dorene Doretha Dorethea Doretta Dori Doria Dorian Dorie Dorinda Dorine Doris Dorla Dorotha
    Dorothea Dorothy Dorris Dorsey Dortha Dorthea Dorthey Dorthy Dottie Dotty Doug Douglas Douglass Dovie Doyle Drema Drew Drucilla Drusilla Duane
    Dudley Dulce Dulcie Duncan Dusti Dustin Dwain Dwayne Dwight Dyan Dylan Dörte Earle Earlean Earleen Earlene Earlie Earline Earnest Earnestine
    Eartha Eberhard Eboni Ebonie Eckart Eckhard Ed Edda Eddie Eddy Edelmira Edgar Edgardo Edie Edison Edith Edmond Edmund Edmundo Edna Edris Eduard
    Eduardo Edward Edwardo Edwin Edwina Edyth Edythe Effie Efrain Efren Egon Ehtel Eileen Eilene Ekkehard Ela Eladia Elaina Elaine Elana Elane Elanor
    Elayne Elbert Elda Elden Eldon Eldora Eldridge Eleanor Eleanora Eleanore Elease Elena Elene Eleni Elenor Elenora Elenore Eleonor Eleonora Eleonore
    Elfreda Elfrieda Elfriede Eli Elia Eliana Elias Elicia Elida Elidia Elijah Elin Elina Elinor Elinore Elisa Elisabeth Elise Eliseo Elisha Elissa
    Eliz Eliza Elizabet Elizabeth Elizbeth Elizebeth Elke Ella Ellamae Ellan Ellen Ellena Elli Ellie Elliot Elliott Ellis Ellsworth Elly Ellyn Elma
    Elmar Elmer Elmira Elmo Elna Elnora Elodia Elois Eloisa Eloise Elouise Eloy Elroy Elsa Elsbeth Else Elsie Elsy Elton Elva Elvera Elvia Elvie Elvin
    Elvina Elvira Elwanda Elwood Elyse Elza Emanuel Emelda Emelia Emelina Emeline Emely Emerita Emerson Emery Emiko Emil Emile Emilia Emilie Emilio
    Emily Emma Emmaline Emmanuel Emmett Emmie Emmitt Emmy Emogene Emory Enda Enedina Eneida Engelbert Enid Enoch Enola Enrique Enriqueta Epifania
    Erasmo Erhard Eric Erica Erich Erick Ericka Erik Erika Erin Erinn Erlene Erlinda Erline Erma Ermelinda Erminia Erna Ernest Ernestina Ernestine
    Ernesto Ernie Ernst Errol Ervin Erwin Eryn Esmeralda Esperanza Essie Esteban Estefana Estela Estell Estella Estelle Ester Esther Estrella Etha
    Ethan Ethel Ethelene Ethelyn Ethyl Etsuko Etta Ettie Eufemia Eugen Eugena Eugene Eugenia Eugenie Eugenio Eula Eulah Eulalia Eun Euna Eunice Eura
    Eusebia Eusebio Eustolia Eva Evalyn Evan Evangelina Evangeline Evelia Evelin Evelina Eveline Evelyn Evelyne Evelynn Everett Everette Evette Evia
    Evie Evita Evon Evonne Ewa Ewald Ewan Exie Ezekiel Ezequiel Ezra Fabian Fabiola Falk Falko Fannie Fanny Farah Farrah Fatima Fatimah Faustina
    Faustino Fausto Faviola Fay Faye Federico Felecia Felica Felice Felicia Felicidad Felicita Felicitas Felipa Felipe Felisa Felisha Felix Felton
    Ferdinand Fergus Fermin Fermina Fernanda Fernande Fernando Ferne Fidel Fidela Fidelia Filiberto Filomena Finlay Finn Fiona Flavia Fleta Fletcher
    Flora Florance Florencia Florencio Florene Florentina Florentino Floretta Floria Florian Florinda Florine Florrie Flossie Floy Floyd Fonda Forrest
    Foster Francene Frances Francesca Francesco Franchesca Francie Francina Francine Francis Francisca Francisco Francoise Frank Frankie Franklin
    Franklyn Fransisca Franziska François Frauke Fred Freda Fredda Freddie Freddy Frederic Frederica Frederick Fredericka Frederik Fredia Fredric
    Fredrick Fredricka Freeda Freida Freya Frida Fridolin Frieda Frieder Friederike Friedhelm Friedrich Fritz Fumiko Gabi Gabriel Gabriela Gabriele
    Gabriella Gabrielle Gaby Gail Galen Galina Gareth Garfield Garland Garnet Garnett Garret Garrett Garry Garth Gary Gaston Gavin Gaye Gayla Gayle
    Gaylene Gaynell Gaynelle Gearldine Gema Gemma Gena Genaro Gene Genevie Genevieve Genevive Genia Genna Gennie Genny Genoveva Geoffrey Georg
    Georgann George Georgeann Georgeanna Georgene Georgetta Georgette Georgiana Georgiann Georgianna Georgianne Georgie Georgina Georgine Gerald
    Geraldine Geraldo Geralyn Gerard Gerardo Gerd Gerda Gereon Gerhard Gerhild Geri Gerlinde Gernot Gero Gerri Gerry Gert Gertha Gertie Gertraud
    Gertrud Gertrude Gertrudis Gertude Gesa Gesine Gethin Ghislaine Gia Gianna Gidget Gigi Gil Gilbert Gilberte Gilberto Gilda Gillian Gilma Gina
    Ginette Ginny Gino Giovanna Giovanni Gisela Gisele Giselle Gita Gitta Giulia Giuseppe Giuseppina Gladis Glady Gladys Glayds Glenda Glendora Glenn
    Glenna Glennie Glennis Glinda Gloria Glory Glyn Glynda Glynis Goldie Gonzalo Gordon Gottfried Grace Gracia Gracie Graciela Grady Graham Graig
    Granville Grayce Grazyna Greg Gregg Gregoria Gregorio Gregory Greta Gretchen Gretta Gricelda Grisel Griselda Gudrun Guido Guillermina Guillermo
    Gundula Gunnar Gunther Gussie Gustav Gustavo Guy Gwen Gwenda Gwendolyn Gwenn Gwyn Gwyneth Götz Günter Günther Hae Hailey Haley Halina Halley
    Hallie Hamish Hana Hanh Hank Hanna Hannah Hannelore Hannes Hans Harald Harlan Harland Harley Harold Harriet Harriett Harriette Harris Harrison
    Harry Hartmut Hartwig Harvey Hassan Hassie Hattie Haydee Hayden Hayley Hazel Heath Heather Hector Hedwig Hedy Hee Heide Heidemarie Heidi Heidrun
    Heidy Heike Heiko Heiner Heino Heinrich Heinz Helaine Helen Helena Helene Helga Helge Hellen Helmut Hendrik Henning Henrietta Henriette Henrik
    Henry Herb Herbert Heriberto Herlinda Herma Herman Hermann Hermelinda Hermila Hermina Hermine Herminia Herschel Hershel Herta Hertha Hester Hettie
    Hiedi Hien Hilaria Hilario Hilary Hilda Hilde Hildegard Hildegarde Hildegund Hildred Hillary Hilma Hilton Hiltrud Hipolito Hiram Hiroko Hiroshi
    Hisako Hobert Holger Holley Holli Hollie Hollis Holly Homer Horace Horacio Horst Hortencia Hortense Hortensia Hosea Howard Hoyt Hsiu Hubert
    Hubertus Huey Hugh Hugo Hulda Humberto Hunter Huong Hwa Hyacinth Hyman Hyon Ian Ida Idalia Idell Idella Iesha Ignacia Ignacio Ike Ila Ilana Ilda
    Ileana Ileen Ilene Iliana Ilona Ilse Iluminada Imelda Imke Imogen Imogene Ina Indira Inell Ines Inez Inge Ingeborg Inger Ingo Ingolf Ingrid Iola
    Iona Ione Ira Iraida Irena Irene Irina Iris Irma Irmgard Irmtraud Irvin Irving Irwin Isaac Isabel Isabell Isabella Isabelle Isadora Isaiah Isaias
    Isaura Isela Isiah Isidra Isidro Isla Ismael Isobel Isolde Issac Ivan Ivana Ivelisse Ivette Ivey Ivonne Ivy Izetta Izola Jacalyn Jacelyn Jacinda
    Jacinta Jacinto Jack Jackeline Jackelyn Jacki Jackie Jacklyn Jackqueline Jaclyn Jacob Jacqualine Jacque Jacquelin Jacqueline Jacquelyn Jacquelyne
    Jacquelynn Jacques Jacquetta Jacqui Jacquie Jacquiline Jacquline Jacqulyn Jada Jadwiga Jae Jaime Jaimee Jaimie Jake Jakob Jaleesa Jalisa Jamaal
    Jamal Jamar Jamee Jamel James Jamey Jami Jamie Jamika Jamila Jamison Jammie Jan Jana Janae Janay Jane Janean Janee Janeen Janel Janell Janella
    Janelle Janene Janessa Janet Janeth Janett Janetta Janette Janey Jani Janice Janie Janiece Janina Janine Janis Janise Janita Jann Janna Jannet
    Jannette Jannie Janyce Jaqueline Jaquelyn Jared Jarod Jarred Jarrett Jarrod Jarvis Jasmin Jasmine Jason Jasper Jaunita Javier Jay Jaye Jayme
    Jaymie Jayna Jayne Jayson Jazmin Jazmine Jean Jeana Jeane Jeanelle Jeanene Jeanett Jeanetta Jeanette Jeanice Jeanie Jeanine Jeanmarie Jeanna
    Jeanne Jeannetta Jeannette Jeannie Jeannine Jed Jeff Jefferey Jeffery Jeffie Jeffrey Jeffry Jemma Jen Jena Jenae Jene Jenee Jenell Jenelle Jenette
    Jeneva Jeni Jenice Jenifer Jeniffer Jenine Jenise Jenna Jennefer Jennell Jennette Jenni Jennie Jennifer Jenniffer Jennine Jenny Jens Jerald
    Jeraldine Jeramy Jere Jeremiah Jeremy Jeri Jerica Jerilyn Jerlene Jermaine Jerold Jerome Jeromy Jerrell Jerri Jerrica Jerrie Jerrod Jerrold Jerry
    Jesenia Jesica Jess Jesse Jessenia Jessi Jessia Jessica Jessie Jessika Jestine Jesus Jesusa Jesusita Jetta Jettie Jewell Jill Jillian Jim Jimmie
    Jimmy Jinny Joachim Joan Joana Joane Joanie Joann Joanna Joanne Joannie Joaquin Joaquina Jocelyn Jochen Jodee Jodi Jodie Jody Joe Joeann Joel
    Joella Joelle Joellen Joesph Joetta Joette Joey Johana Johann Johanna Johanne Johannes John Johna Johnathan Johnathon Johnetta Johnette Johnie
    Johnna Johnnie Johnny Johnsie Johnson Joi Joie Jolanda Jolanthe Joleen Jolene Jolie Joline Jolyn Jolynn Jon Jona Jonah Jonas Jonathan Jonathon
    Jone Jonell Jonelle Joni Jonie Jonna Jonnie Jordan Jordon Jorge Jose Josef Josefa Josefina Josefine Joselyn Joseph Josephina Josephine Josette
    Josh Joshua Josiah Josie Joslyn Jospeh Josphine Josue Jovan Jovita Joy Joya Joyce Joycelyn Joye Juan Juana Juanita Jude Judi Judie Judith Judson
    Judy Jule Julee Julene Jules Julia Julian Juliana Juliane Juliann Julianna Julianne Julie Julieann Julienne Juliet Julieta Julietta Juliette Julio
    Julissa Julius Junie Junita Junko Justa Justin Justina Justine Jutta Jörg Jürgen Kacey Kaci Kacie Kacy Kai Kaila Kaitlin Kaitlyn Kaleigh Kaley
    Kallie Kalyn Kamala Kami Kamilah Kandace Kandi Kandice Kandis Kandra Kandy Kanesha Kanisha Kara Karan Kareem Kareen Karen Karena Karey Kari Karie
    Karima Karin Karina Karine Karisa Karissa Karl Karl-Heinz Karla Karleen Karlene Karlheinz Karly Karlyn Karma Karmen Karol Karola Karole Karoline
    Karolyn Karon Karren Karri Karrie Karry Karsten Kary Karyl Karyn Kasandra Kasey Kasha Kasi Kasie Kassandra Kassie Katarina Kate Katelin Katelyn
    Katelynn Katerine Kathaleen Katharina Katharine Katharyn Kathe Katheleen Katherin Katherina Katherine Kathern Katheryn Kathey Kathi Kathie
    Kathleen Kathlene Kathline Kathlyn Kathrin Kathrine Kathryn Kathryne Kathy Kathyrn Kati Katia Katie Katina Katja Katlyn Katrice Katrin Katrina
    Kattie Katy Kay Kayce Kaycee Kaye Kayla Kaylee Kayleen Kayleigh Kaylene Kazuko Kecia Keeley Keely Keena Keenan Keesha Keiko Keila Keira Keisha
    Keith Keitha Keli Kelle Kellee Kelley Kelli Kellie Kelly Kellye Kelsey Kelsi Kelsie Kelvin Kemberly Ken Kena Kenda Kendal Kendall Kendra Kendrick
    Keneth Kenia Kenisha Kenji Kenna Kenneth Kennith Kenny Kent Kenton Kenyatta Kenyetta Kera Keren Keri Kerri Kerrie Kerry Kerstin Kesha Keshia
    Keturah Keva Keven Kevin Khadijah Khalilah Kiana Kiara Kiera Kieran Kiersten Kiesha Kieth Kiley Kim Kimber Kimberely Kimberlee Kimberley Kimberli
    Kimberlie Kimberly Kimbery Kimbra Kimiko Kina Kindra Kip Kirby Kirk Kirsten Kirstie Kirstin Kisha Kittie Kiyoko Kizzie Kizzy Klara Klaus
    Klaus-Dieter Kläre Konrad Konstantin Korey Kori Kortney Kory Kourtney Kraig Kris Krishna Krissy Krista Kristal Kristan Kristeen Kristel Kristen
    Kristi Kristian Kristie Kristin Kristina Kristine Kristle Kristofer Kristopher Kristy Kristyn Krysta Krystal Krysten Krystin Krystina Krystle
    Krystyna Kurt Kurtis Kyla Kyle Kylee Kylie Kym Kymberly Kyoko Kyong Kyra Kyung Käte Käthe Lacey Lachelle Laci Lacie Lacresha Lacy Ladawn Ladonna
    Lael Lahoma Laila Laine Lajuana Lakeesha Lakeisha Lakendra Lakenya Lakesha Lakeshia Lakia Lakiesha Lakisha Lakita Lala Lamar Lamonica Lamont Lana
    Lance Landon Lanell Lanelle Lanette Lani Lanie Lanita Lannie Lanny Lanora Laquanda Laquita Lara Larae Laraine Laree Larhonda Larisa Larissa Larita
    Laronda Larraine Larry Lars Larue Lasandra Lashanda Lashandra Lashaun Lashaunda Lashawn Lashawna Lashawnda Lashay Lashell Lashon Lashonda Lashunda
    Lasonya Latanya Latarsha Latasha Latashia Latesha Latia Laticia Latina Latisha Latonia Latonya Latoria Latosha Latoya Latoyia Latrice Latricia
    Latrina Latrisha Launa Laura Lauralee Lauran Laure Laureen Lauren Laurena Laurence Laurene Lauretta Laurette Lauri Laurice Laurie Laurinda Laurine
    Lauryn Lavada Lavelle Lavenia Lavera Lavern Laverna Laverne Laveta Lavette Lavina Lavinia Lavon Lavona Lavonda Lavone Lavonia Lavonna Lavonne
    Lawana Lawanda Lawanna Lawerence Lawrence Layla Layne Lazaro Lea Leah Leana Leandra Leandro Leann Leanna Leanne Leanora Leatha Leatrice Lecia Leda
    Lee Leeann Leeanna Leeanne Leena Leesa Leia Leida Leif Leigh Leigha Leighann Leila Leilani Leisa Leisha Lekisha Lela Lelah Leland Lelia Lemuel Len
    Lena Lenard Lenita Lenna Lennie Lenny Lenora Lenore Leo Leola Leoma Leon Leona Leonard Leonarda Leonardo Leone Leonel Leonia Leonida Leonie
    Leonila Leonor Leonora Leonore Leontine Leopold Leopoldo Leora Leota Lera Leroy Lesa Lesha Lesia Leslee Lesley Lesli Leslie Lessie Lester Leta
    Letha Leticia Letisha Letitia Lettie Letty Levi Lewis Lexie Lezlie Liana Liane Lianne Libbie Libby Librada Lida Lidia Lieselotte Ligia Lila Lili
    Lilia Lilian Liliana Lilla Lilli Lillia Lilliam Lillian Lilliana Lillie Lilly Lily Lina Linda Lindsay Lindsey Lindsy Lindy Linette Linh Linn
    Linnea Linnie Lino Linsey Linwood Lionel Lisa Lisabeth Lisandra Lisbeth Lise Liselotte Lisette Lisha Lissa Lissette Livia Liz Liza Lizabeth
    Lizbeth Lizeth Lizette Lizzette Lizzie Lloyd Logan Loida Lois Loise Lola Lolita Lona Londa Loni Lonna Lonnie Lonny Lora Loraine Loralee Lorean
    Loree Loreen Lorelei Loren Lorena Lorene Lorenz Lorenza Lorenzo Loreta Loretta Lorette Lori Loria Loriann Lorie Lorilee Lorina Lorinda Lorine
    Loris Lorita Lorna Lorraine Lorretta Lorri Lorriane Lorrie Lorrine Lory Lothar Lottie Lou Louann Louanne Louella Louetta Louie Louis Louisa Louise
    Loura Lourie Louvenia Lovella Lovetta Lovie Lowell Loyce Loyd Luana Luann Luanna Luanne Luba Luca Lucas Luci Lucia Luciana Luciano Lucie Lucien
    Lucienne Lucila Lucile Lucilla Lucille Lucina Lucinda Lucio Lucius Lucrecia Lucretia Lucy Ludger Ludie Ludivina Ludwig Lue Luella Luetta Luigi
    Luis Luisa Luise Luka Lukas Luke Lula Lulu Lupe Lupita Lura Lurlene Lurline Luther Lutz Luvenia Luz Lyda Lydia Lyla Lyle Lyman Lyn Lynda Lyndia
    Lyndon Lyndsay Lyndsey Lynell Lynelle Lynetta Lynette Lynn Lynna Lynne Lynnette Lynsey Lynwood Mabel Mabelle Mable Machelle Macie Mackenzie Macy
    Madalene Madaline Madalyn Maddie Madelaine Madeleine Madelene Madeline Madelyn Madge Madie Madison Madlyn Madonna Mae Maegan Mafalda Magali Magaly
    Magan Magaret Magda Magdalen Magdalena Magdalene Magen Maggie Mahalia Maia Maida Maik Maike Maile Maira Maisha Maisie Majorie Makeda Malcolm
    Malcom Malena Malia Malik Malika Malinda Malisa Malissa Malka Mallie Mallory Malorie Malte Malvina Mamie Mammie Manda Mandi Mandie Mandy Manfred
    Manie Manuel Manuela Maragaret Maragret Maranda Marc Marcel Marcela Marcelene Marcelina Marceline Marcelino Marcell Marcella Marcelle Marcellus
    Marcelo Marcene Marchelle Marci Marcia Marcie Marco Marcos Marcus Marcy Mardell Mareike Maren Marg Margaret Margareta Margarete Margarett
    Margaretta Margarette Margarita Margarite Margarito Margart Marge Margene Margeret Margert Margery Marget Margherita Margie Margit Margo Margorie
    Margot Margret Margrett Margrit Marguerita Marguerite Margurite Margy Marhta Mari Maria Mariah Mariam Marian Mariana Marianela Mariann Marianna
    Marianne Mariano Maribel Maribeth Marica Maricela Maricruz Marie Marie-Luise Mariel Mariela Mariella Marielle Marietta Mariette Marika Mariko
    Marilee Marilou Marilu Marilyn Marilynn Marina Marinda Mario Marion Marisa Marisela Marisha Marisol Marissa Marita Maritza Marivel Marjorie
    Marjory Mark Marketta Markita Marko Markus Marla Marlana Marleen Marlen Marlena Marlene Marlies Marliese Marlin Marline Marlis Marlo Marlon Marlyn
    Marlys Marna Marni Marnie Marquerite Marquetta Marquis Marquita Marquitta Marry Marsha Marshall Marta Marth Martha Marti Martin Martina Martine
    Marty Martyn Marva Marvel Marvella Marvin Marvis Mary Marya Maryalice Maryam Maryann Maryanna Maryanne Marybelle Marybeth Maryellen Maryetta
    Maryjane Maryjo Maryland Marylee Marylin Maryln Marylou Marylouise Marylyn Marylynn Maryrose Masako Mason Matha Mathew Mathias Mathilda Mathilde
    Mathis Matilda Matilde Matt Matthew Matthias Mattie Maud Maude Maudie Maura Maureen Maurice Mauricio Maurine Maurita Mauro Mavis Max Maxie
    Maximilian Maximina Maximo Maxine Maxwell Maybell Maybelle Maye Mayme Maynard Mayola Mayra Mazie Mckenzie Mckinley Meagan Meaghan Mechelle
    Mechthild Meda Meg Megan Meggan Meghan Meghann Meike Meinhard Mel Melaine Melani Melania Melanie Melany Melba Melda Melia Melida Melina Melinda
    Melisa Melissa Melissia Melita Mellie Mellisa Mellissa Melodee Melodi Melodie Melonie Melony Melva Melvin Melvina Melynda Mendy Mercedez Meredith
    Meri Merideth Meridith Merilyn Merissa Merlene Merlin Merlyn Merna Merri Merrie Merrilee Merrill Mertie Mervin Meryl Meta Mia Micaela Micah Micha
    Michael Michaela Michaele Michal Michale Micheal Michel Michele Michelina Micheline Michell Michelle Michiko Mickey Micki Mickie Miesha Migdalia
    Mignon Miguel Miguelina Mika Mikaela Mike Mikel Miki Mikki Mila Milagro Milagros Milda Mildred Miles Milford Milissa Millard Millicent Millie
    Milly Milo Milton Mimi Mina Minda Mindi Mindy Minerva Ming Minna Minnie Miquel Mira Miranda Mirco Mireille Mirella Mireya Miriam Mirian Mirja
    Mirjam Mirko Mirna Mirta Mirtha Misha Missy Misti Mistie Mitch Mitchel Mitchell Mitsue Mitsuko Mittie Mitzi Mitzie Miyoko Modesta Modesto Mohamed
    Mohammad Mohammed Moira Mollie Molly Mona Monica Monika Monique Monnie Monroe Monserrate Morgan Moriah Moritz Morris Morton Mose Moses Moshe
    Mozell Mozella Mozelle Muhammad Mui Muriel Murray Myesha Myles Myong Myra Myriam Myrl Myrle Myrna Myron Myrta Myrtice Myrtie Myrtis Myrtle Myung
    Nada Nadene Nadia Nadine Nadja Naida Nakesha Nakia Nakisha Nakita Nancee Nancey Nanci Nancie Nancy Nanette Nannette Nannie Naoma Naomi Napoleon
    Narcisa Natacha Natalia Natalie Natalya Natasha Natashia Nathalie Nathan Nathanael Nathanial Nathaniel Natisha Natividad Natosha Neal Necole Ned
    Neda Nedra Neely Neida Neil Nelda Nele Nelia Nelida Nella Nelle Nellie Nelly Nelson Nena Nenita Neoma Neomi Nereida Nerissa Nery Nestor Neta
    Nettie Neva Neville Ngan Ngoc Nguyet Niall Nichelle Nichol Nicholas Nichole Nicholle Nick Nicki Nickie Nickolas Nickole Nicky Nico Nicol Nicola
    Nicolas Nicolasa Nicole Nicolette Nicolle Nida Nidia Niels Niesha Nieves Nigel Niki Nikia Nikita Nikki Niklas Nikolai Nikolaus Nikole Nila Nilda
    Nils Nilsa Nina Ninfa Nisha Nita Noah Nobuko Noel Noelia Noella Noelle Noemi Nohemi Nola Nolan Nona Nora Norah Norbert Norberto Noreen Norene
    Noriko Norine Norma Norman Normand Norris Novella Nydia Nyla Obdulia Ocie Octavia Octavio Oda Odelia Odell Odessa Odette Odilia Odis Ofelia Ola
    Olaf Olav Olene Oleta Olevia Olga Olimpia Olin Olinda Oliva Oliver Olivia Ollie Omar Omer Oneida Onie Onita Ophelia Oralee Oralia Oren Oretha
    Orlando Orpha Ortrud Orval Orville Oscar Oskar Ossie Osvaldo Oswald Oswaldo Otelia Otha Otilia Otis Otmar Ottilie Ottmar Otto Ouida Owen Ozell
    Ozella Ozie Pablo Paige Palmer Palmira Pam Pamala Pamela Pamelia Pamella Pamila Pamula Pansy Paola Parker Parthenia Particia Pascal Pasquale Pasty
    Pat Patria Patrica Patrice Patricia Patrick Patrina Patrizia Patsy Patti Pattie Patty Paul Paula Paulene Pauletta Paulette Paulina Pauline Paulita
    Paz Pearl Pearle Pearlene Pearlie Pearline Pearly Pedro Peer Peggie Peggy Penelope Penney Penni Pennie Penny Percy Perla Perry Pete Peter Petra
    Petrina Petronila Phebe Phil Philip Philipp Philippa Phillip Phillis Philomena Phoebe Phung Phuong Phylicia Phylis Phyliss Phyllis Pia Piedad
    Pierre Pilar Pinkie Polly Poppy Porfirio Porsha Portia Preston Pricilla Priscila Priscilla Priya Providencia Qiana Queenie Quentin Quiana Quincy
    Quinn Quintin Quinton Quyen Rachael Rachal Racheal Rachel Rachele Rachell Rachelle Racquel Rae Raeann Raelene Rafael Rafaela Raguel Rahul Raik
    Raimund Raina Rainer Raisa Raj Raleigh Ralf Ralph Ramiro Ramon Ramona Ramonita Rana Ranae Randa Randal Randall Randee Randell Randolph Randy Ranee
    Raphael Raquel Rashad Rasheeda Rashida Raul Ray Raye Rayford Raylene Raymon Raymond Raymonde Raymundo Rayna Rea Reagan Reanna Reatha Reba Rebbeca
    Rebbecca Rebeca Rebecca Rebecka Rebekah Rebekka Reda Reed Reena Refugia Refugio Regan Regena Regenia Reggie Regina Reginald Regine Reginia Reid
    Reiko Reimund Reina Reinaldo Reiner Reinhard Reinhardt Reinhild Reinhold Reita Remedios Remona Rena Renae Renaldo Renata Renate Renato Renay Renda
    Rene Renea Renee Renetta Renita Renna Resi Ressie Reta Retha Retta Reuben Reva Rex Rey Reyes Reyna Reynalda Reynaldo Rhea Rheba Rhett Rhiannon
    Rhoda Rhona Rhonda Rhys Ria Ricarda Ricardo Richard Richelle Richie Rick Rickey Ricki Rickie Ricky Rigoberto Rikki Riley Rima Rina Risa Rita Rivka
    Robbi Robbie Robbin Robby Robbyn Robena Robert Roberta Roberto Robin Robyn Rocco Rochel Rochell Rochelle Rocio Rod Roderick Rodger Rodney Rodolfo
    Rodrick Rodrigo Rogelio Roger Roland Rolanda Rolande Rolando Rolf Rolland Romaine Roman Romana Romelia Romeo Romona Romy Ron Rona Ronald Ronda
    Roni Ronna Ronni Ronnie Ronny Roosevelt Rory Rosa Rosalba Rosalee Rosalia Rosalie Rosalina Rosalind Rosalinda Rosaline Rosalva Rosalyn Rosamaria
    Rosamond Rosana Rosann Rosanna Rosanne Rosaria Rosario Rosaura Roscoe Roseann Roseanna Roseanne Roselee Roselia Roseline Rosella Roselle Roselyn
    Rosemarie Rosemary Rosena Rosenda Rosendo Rosette Rosia Rosie Rosina Rosio Rosita Roslyn Ross Rossana Rossie Roswitha Rosy Rowena Roxana Roxane
    Roxann Roxanna Roxanne Roxie Roxy Roy Royce Rozanne Rozella Ruben Rubi Rubie Rubin Ruby Rubye Rudi Rudolf Rudolph Rudy Rueben Rufina Rufus Rupert
    Russ Russel Russell Rusty Ruth Rutha Ruthann Ruthanne Ruthe Ruthie Ryan Ryann Rüdiger Sabina Sabine Sabra Sabrina Sacha Sachiko Sadie Sadye Sakura
    Salena Salina Salley Sallie Sally Salome Salvador Salvatore Sam Samantha Samara Samatha Samella Samira Sammie Sammy Samual Samuel Sanda Sandee
    Sandi Sandie Sandra Sandy Sanford Sanjay Sanjuana Sanjuanita Sanora Santana Santina Sara Sarah Sarai Sarina Sarita Sascha Sasha Saul Saundra
    Scarlet Scarlett Scot Scott Scottie Scotty Sean Sebastian Sebrina Seema Selena Selene Selina Selma Sena Senaida Serafina Serena Sergei Sergio
    Serina Serita Seth Setsuko Seymour Shae Shaina Shakia Shakira Shakita Shala Shalanda Shalon Shalonda Shameka Shamika Shana Shanae Shanda Shandi
    Shandra Shane Shaneka Shanel Shanell Shanelle Shani Shanice Shanika Shaniqua Shanita Shanna Shannan Shannon Shanon Shanta Shantae Shantay Shante
    Shantel Shantell Shantelle Shanti Shaquana Shaquita Shara Sharan Sharda Sharee Sharell Sharen Shari Sharice Sharie Sharika Sharilyn Sharita Sharla
    Sharleen Sharlene Sharmaine Sharolyn Sharon Sharonda Sharri Sharron Sharyl Sharyn Shasta Shaun Shauna Shaunda Shaunna Shaunta Shaunte Shavon
    Shavonda Shavonne Shawana Shawanda Shawanna Shawn Shawna Shawnda Shawnee Shawnna Shawnta Shayla Shayna Shayne Shea Sheba Sheena Sheila Sheilah
    Shela Shelba Shelby Sheldon Shelia Shella Shelley Shelli Shellie Shelly Shelton Shemeka Shemika Shena Shenika Shenita Shenna Shera Sheree Sherell
    Sheri Sherice Sheridan Sherie Sherika Sherill Sherilyn Sherise Sherita Sherlene Sherley Sherly Sherlyn Sherman Sheron Sherrell Sherri Sherrie
    Sherril Sherrill Sherron Sherry Sherryl Sherwood Shery Sheryl Sheryll Shiela Shila Shiloh Shira Shirely Shirl Shirlee Shirleen Shirlene Shirley
    Shirly Shizue Shizuko Shon Shona Shonda Shondra Shonna Shonta Shoshana Shu Shyla Sian Sibyl Sibylle Sid Sidney Siegbert Siegfried Sieglinde
    Siegmar Siegmund Siegrid Sigmund Signe Sigrid Sigrun Silas Silke Silvana Silvia Simon Simona Simone Simonne Sina Sindy Sinead Siobhan Sirena Sixta
    Skye Slavica Slyvia Socorro Sofia Sofie Soila Solange Soledad Solomon Somer Sommer Sona Sondra Sonia Sonja Sonny Sonya Sophia Sophie Soraya
    Spencer Stacee Stacey Staci Stacia Stacie Stacy Stan Stanley Stanton Starla Starr Stasia Stefan Stefani Stefania Stefanie Stefany Steffanie Stella
    Stepanie Stephaine Stephan Stephane Stephani Stephania Stephanie Stephany Stephen Stephenie Stephine Stephnie Steve Steven Stevie Stewart Stuart
    Suanne Sudie Sue Sueann Suellen Sulema Sumiko Sunni Susan Susana Susann Susanna Susannah Susanne Susie Susy Suzan Suzann Suzanna Suzanne Suzette
    Suzi Suzie Suzy Sven Svenja Svetlana Sybil Sybille Syble Sylvester Sylvia Sylvie Synthia Syreeta Sönke Tabatha Tabetha Tabitha Taina Taisha
    Tajuana Takako Takisha Talia Talisha Talitha Tamala Tamar Tamara Tamatha Tambra Tameika Tameka Tamekia Tamela Tamera Tamesha Tami Tamica Tamie
    Tamika Tamiko Tamisha Tammara Tammera Tammi Tammie Tammy Tamra Tana Tandra Tandy Taneka Tanesha Tangela Tania Tanika Tanisha Tanja Tanna Tanner
    Tara Tarah Taren Tarra Tarsha Taryn Tasha Tashia Tashina Tasia Tatiana Tatjana Tatum Tatyana Taunya Tawana Tawanda Tawanna Tawna Tawny Tawnya
    Taylor Tayna Ted Teddy Teena Tegan Teisha Telma Temeka Temika Tempie Tena Tenesha Tenisha Tennie Tennille Teodora Teodoro Teofila Tequila Tereasa
    Terence Teresa Terese Teresia Teresita Teressa Teri Terica Terina Terisa Terrance Terrell Terrence Terresa Terri Terrie Terrilyn Terry Tesha Tess
    Tessa Tessie Thad Thaddeus Thalia Thea Theda Thekla Thelma Theo Theodor Theodora Theodore Theola Theresa Therese Theresia Theressa Theron Thersa
    Thilo Thomas Thomasena Thomasina Thomasine Thora Thorsten Thresa Thurman Thuy Tiana Tianna Tiara Tiera Tierra Tiesha Tifany Tiffaney Tiffani
    Tiffanie Tiffany Tiffiny Tijuana Tilda Till Tillie Tilmann Tim Timika Timm Timmy Timo Timothy Tina Tinisha Tisa Tish Tisha Titus Tobi Tobias Tobie
    Toby Toccara Todd Tom Tomas Tomasa Tomeka Tomi Tomika Tomiko Tommie Tommy Tommye Tomoko Tona Tonda Tonette Toney Toni Tonia Tonie Tonisha Tonita
    Tonja Tony Tonya Tora Tori Torie Torri Torrie Torsten Tosha Toshia Toshiko Tova Towanda Toya Tracee Tracey Traci Tracie Tracy Trang Traute Travis
    Treasa Treena Trena Trent Trenton Tresa Tressa Tressie Treva Trevor Trey Tricia Trina Trinh Trish Trisha Trista Tristan Troy Trude Trudi Trudie
    Trudy Trula Truman Tuyet Twana Twanda Twanna Twila Twyla Tyesha Tyisha Tyler Tynisha Tyra Tyree Tyrell Tyron Tyrone Tyson Udo Ulf Ulla Ulrich
    Ulrike Ulysses Urs Ursula Uschi Usha Uta Ute Uwe Val Valarie Valda Valene Valentin Valentina Valeri Valeria Valerie Valery Vallie Valorie Valrie
    Vance Vanda Vanesa Vanessa Vanetta Vania Vanita Vanna Vannesa Vannessa Vashti Vasiliki Vaughn Veda Veit Velda Velia Vella Velma Velva Velvet
    Venessa Venetta Venita Vennie Veola Vera Verda Verdell Verdie Verena Vergie Verla Verlene Verlie Verline Vern Verna Vernell Vernetta Vernia
    Vernice Vernie Vernita Vernon Veronica Veronika Veronique Versie Vertie Vesta Veta Vi Vicenta Vicente Vickey Vicki Vickie Vicky Victor Victoria
    Victorina Viki Vikki Viktor Viktoria Vilma Vina Vince Vincent Vincenza Vincenzo Vinita Vinnie Vinzenz Viola Violet Violeta Violette Virgen Virgie
    Virgil Virgilio Virgina Virginia Vito Vivan Vivian Viviana Vivien Vivienne Volker Volkmar Voncile Vonda Vonnie Wade Wai Walburga Waldo Wallace
    Wally Walter Walton Waltraud Waltraut Wanda Waneta Wanetta Wanita Warren Waylon Wayne Wei Weldon Wendelin Wendell Wendi Wendie Wendolyn Wendy
    Wenke Wenona Werner Wes Wesley Weston Whitley Whitney Wibke Wiebke Wieland Wilber Wilbert Wilbur Wilburn Wilda Wiley Wilford Wilfred Wilfredo
    Wilfried Wilhelm Wilhelmina Wilhelmine Wilhemina Willa Willard Willena Willene Willetta Willette Willi Willia William Williams Willian Willie
    Williemae Willis Willodean Willow Willy Wilma Wilmer Wilson Wilton Windy Winford Winfred Winfried Winifred Winnie Winnifred Winona Winston
    Wladimir Wolfgang Wolfram Wonda Woodrow Wyatt Wynell Wynona Xaver Xavier Xenia Xiaoming Xiomara Xochitl Yadira Yaeko Yael Yahaira Yajaira Yanira
    Yannick Yasmin Yasmine Yasuko Yelena Yesenia Yessenia Yetta Yevette Yoko Yolanda Yolande Yolando Yolonda Yoshie Yoshiko Youlanda Yuette Yuki
    Yukiko Yuko Yulanda Yuonne Yuri Yuriko Yvette Yvone Yvonne Zachariah Zachary Zachery Zack Zackary Zada Zaida Zana Zandra Zane Zara Zelda Zella
    Zelma Zenaida Zenia Zenobia Zetta Zina Zita Zoe Zofia Zoila Zola Zoltán Zonia Zora Zoraida Zula Zulema Zulma""".split()
)


@cache
def given_names_of_the_world() -> frozenset[str]:
    """Those of fifty further countries, rarer in English and German text: a surname must stand behind one."""
    text = files(__package__).joinpath("given_names_of_the_world.txt").read_text(encoding="utf-8")
    return frozenset(word for line in text.splitlines() if not line.startswith("#") for word in line.split())
